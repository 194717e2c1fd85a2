/** To which object a request goes, and what the worker tells it along with the request. */
import type { Operator } from "./operator.js";
import { refuse } from "./problem.js";
import { chosenOf } from "../../worker-client/protocols.js";

export { canonicalId } from "../../codes/canonical-id.js";

const HEADER = "X-Uber-Vouchers-Operator";

/** What the worker vouches for, to an object. */
interface Passed {
  name: string;
  until: number | null;
  /** The body was put together by the worker: it lists everybody. */
  isEverybody: boolean;
}

/** The same request with who sent it; whatever the caller said of that is gone. */
export function withOperator(
  request: Request,
  { name, until }: Operator,
  isEverybody = false,
): Request {
  const passed = new Request(request);
  // A header holds no more than Latin letters.
  const said: Passed = { name, until, isEverybody };
  passed.headers.set(HEADER, encodeURIComponent(JSON.stringify(said)));
  // Objects have no use for them.
  for (const secret of ["Authorization", "Cookie", "Cf-Access-Jwt-Assertion"]) {
    passed.headers.delete(secret);
  }
  const protocol = chosenOf(request.headers.get("Sec-WebSocket-Protocol"));
  if (protocol !== undefined) passed.headers.set("Sec-WebSocket-Protocol", protocol);
  else passed.headers.delete("Sec-WebSocket-Protocol");
  return passed;
}

/** Who sent a request that was passed on. */
export function operatorIn(request: Request): Passed {
  return JSON.parse(decodeURIComponent(request.headers.get(HEADER) ?? "")) as Passed;
}

/** A path segment as the id of a program. */
export function programIdIn(segment: string | undefined): string {
  const id = decoded(segment);
  if (isProgramId(id)) return id;
  throw refuse(404, "invalid_program_id", "This is no id of a program", "Correct the address.");
}

/**
 * Whether it can be one, in a path too. What looks like another id, or is the
 * same to Uber, would get a ledger of its own here.
 */
export function isProgramId(id: string): boolean {
  return (
    id !== "" &&
    id.length <= 256 &&
    id.trim() === id &&
    id.normalize("NFC") === id &&
    !id.endsWith(".") &&
    // Whoever decodes the path once more must not find another one.
    !/[/\\]|\p{Cc}|\p{Cf}|\p{Mn}|\p{Me}|\p{Z}(?<! )|\p{Default_Ignorable_Code_Point}/u.test(id)
  );
}

/** A path segment as it was meant; empty where it is no UTF-8. */
export function decoded(segment: string | undefined): string {
  try {
    return decodeURIComponent(segment ?? "");
  } catch {
    return "";
  }
}
