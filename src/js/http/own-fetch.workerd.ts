/** What the `fetch` of Cloudflare's workerd proves about a request that failed. */
import { membersOf } from "../schema.js";
import { provideUnsentProof } from "./own-fetch.js";

/** What the platform says when an invocation has sent all the requests that it may. */
const REFUSAL = /^(?:too many (?:subrequests|api requests)|subrequest depth limit)/i;

/** Whether the platform has refused a request of this very invocation, instead of sending it. */
export function isRefused(thrown: unknown): boolean {
  const { message, remote } = membersOf(thrown);
  return REFUSAL.test(String(message)) && remote !== true;
}

provideUnsentProof((fetch, thrown) => {
  // What wraps it may have sent the request before.
  return Function.prototype.toString.call(fetch).endsWith("{ [native code] }") && isRefused(thrown);
});
