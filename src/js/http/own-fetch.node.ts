/** What the `fetch` of Node.js, Deno and Bun proves about a failed request. */
import { subscribe } from "node:diagnostics_channel";

import { isObject, membersOf } from "../schema.js";
import { provideUnsentProof } from "./own-fetch.js";

/** Errors of connections that were never made, as Node.js reports them. */
const connectErrors = new WeakSet<object>();

// Error codes are not enough: an interrupted handshake and an interrupted response have the same
// ones.
subscribe("undici:client:connectError", (message) => {
  const { error } = membersOf(message);
  if (isObject(error)) connectErrors.add(error);
});

/** Recognizes the real `fetch` by its source: a wrapper may already have sent the request. */
const NODE_FETCH = /internal\/deps\/undici/;
const DENO_FETCH = /^function fetch\([^]*(lazyFetch|builtinTracer)\(/;
const BUN_FETCH = /^function fetch\(\) \{\s+\[native code\]\s+\}$/;

/** The errors that Bun is known to report before it sends anything. */
const BUN_CODES = new Set([
  "ENOTFOUND",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ConnectionRefused",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

provideUnsentProof((fetch, thrown) => {
  const source = Function.prototype.toString.call(fetch);
  const { code, cause: given } = membersOf(thrown);
  const cause = given ?? thrown;
  if (NODE_FETCH.test(source)) {
    return isObject(cause) && connectErrors.has(cause) && isPlainDispatcher();
  }
  if (BUN_FETCH.test(source) && fetch.name === "fetch") return BUN_CODES.has(String(code));
  // Deno has no error codes. The URL in the message can't contain spaces.
  return (
    DENO_FETCH.test(source) &&
    /: client error \(Connect\)/.test(String(membersOf(cause)["message"]))
  );
});

/** Whether requests use plain connections, and no agent that may repeat them. */
function isPlainDispatcher(): boolean {
  const symbols = [2, 1].map((version) => Symbol.for(`undici.globalDispatcher.${version}`));
  const [dispatcher = {}] = symbols.flatMap((symbol) => membersOf(globalThis)[symbol] ?? []);
  const plain = membersOf(Object.getPrototypeOf(dispatcher));
  const { name } = membersOf(plain["constructor"]);
  return name === "Agent" && plain["dispatch"] === membersOf(dispatcher)["dispatch"];
}
