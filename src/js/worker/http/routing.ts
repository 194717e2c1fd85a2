/** The ids in a path, and the method. */
import { canonicalId } from "../../codes/canonical-id.js";
import { AMBIGUOUS_IN_ID } from "../../generated/protocol.js";
import { refuse } from "../problem.js";
import type { ParameterType } from "./parse-parameters.js";

export { canonicalId };

/** Reads a path segment as the id of a program. */
export function programIdIn(segment: string | undefined): string {
  const id = decoded(segment);
  if (isProgramId(id)) return id;
  throw refuse(404, "invalid_program_id", "This is not a program id", "Correct the address.");
}

/**
 * Whether it can be a program id, in a path too. An id that looks like another one, or is
 * the same to Uber, would get a separate ledger here.
 */
export function isProgramId(id: string): boolean {
  return (
    id !== "" &&
    id.length <= 256 &&
    id.trim() === id &&
    id.normalize("NFC") === id &&
    !id.endsWith(".") &&
    !AMBIGUOUS_IN_ID.test(id) &&
    // Decoding the path once more must not give another id.
    !/[/\\]|\p{Cc}|\p{Cf}|\p{Cs}|\p{Mn}|\p{Me}|\p{Z}(?<! )|\p{Default_Ignorable_Code_Point}/u.test(
      id,
    )
  );
}

/** A parameter with ids of programs. */
export const programIds = (most: number): ParameterType<string[]> => ({
  read(value) {
    const ids = value.split(",");
    return ids.length <= most && ids.every(isProgramId) ? ids.map(canonicalId) : undefined;
  },
  expected: `at most ${most} ids of programs, separated by commas`,
});

/** Decodes a path segment; empty if it is not UTF-8. */
export function decoded(segment: string | undefined): string {
  try {
    return decodeURIComponent(segment ?? "");
  } catch {
    return "";
  }
}

export function requireMethod(request: Request, ...methods: string[]): void {
  if (methods.includes(request.method)) return;
  const allow = methods.join(", ");
  throw refuse(405, "method_not_allowed", `Only ${allow} is served here`, `Use ${allow}.`, {
    headers: { Allow: allow },
  });
}
