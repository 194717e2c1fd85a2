/** To which object a request goes, and what the worker tells it along with the request. */
import type { Operator } from "./operator.js";
import { refuse } from "./problem.js";

export { canonicalId } from "../canonical-id.js";

const HEADER = "X-Uber-Vouchers-Operator";

/** The same request with who sent it; whatever the caller said of that is gone. */
export function withOperator(request: Request, { name, until }: Operator): Request {
  const passed = new Request(request);
  // A header holds no more than Latin letters.
  passed.headers.set(HEADER, encodeURIComponent(JSON.stringify({ name, until })));
  // Objects have no use for them.
  for (const secret of ["Authorization", "Cookie", "Cf-Access-Jwt-Assertion"]) {
    passed.headers.delete(secret);
  }
  return passed;
}

/** Who sent a request that was passed on. */
export function operatorIn(request: Request): Pick<Operator, "name" | "until"> {
  return JSON.parse(decodeURIComponent(request.headers.get(HEADER) ?? "")) as Operator;
}

/** A path segment as the id of a program. */
export function programIdIn(segment: string | undefined): string {
  const id = decoded(segment);
  if (isProgramId(id)) return id;
  throw refuse(404, "invalid_program_id", "This is no id of a program", "Correct the address.");
}

/** Whether it can be one, in a path too. */
export function isProgramId(id: string): boolean {
  return (
    id !== "" &&
    id.length <= 256 &&
    id.trim() === id &&
    // Whoever decodes the path once more must not find another one.
    !/^\.{1,2}$|[/\\]|\p{Cc}/u.test(id)
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

/** A whole number in a query, from `least` to `most`. */
export function wholeIn(
  { searchParams }: URL,
  name: string,
  fallback: number,
  [least, most]: readonly [number, number],
): number {
  const given = searchParams.get(name);
  const number = given ? Math.trunc(Number(given)) : fallback;
  return Math.max(least, Math.min(Number.isNaN(number) ? fallback : number, most));
}
