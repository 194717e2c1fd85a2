/** What the `fetch` of Cloudflare's workerd proves about a failed request. */
import { membersOf } from "../schema.js";
import { provideUnsentProof } from "./own-fetch.js";

/** The platform's message when an invocation has sent all requests that it may. */
const REFUSAL = /^(?:too many (?:subrequests|api requests)|subrequest depth limit)/i;

/** Whether the platform has refused this request instead of sending it. */
export function isRefused(thrown: unknown): boolean {
  const { message, remote } = membersOf(thrown);
  return REFUSAL.test(String(message)) && remote !== true;
}

provideUnsentProof((fetch, thrown) => {
  // A wrapper may already have sent the request.
  return Function.prototype.toString.call(fetch).endsWith("{ [native code] }") && isRefused(thrown);
});
