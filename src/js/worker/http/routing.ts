/** The ids in a path. */
import { refuse } from "../problem.js";

export { canonicalId } from "../../codes/canonical-id.js";

/** Reads a path segment as the id of a program. */
export function programIdIn(segment: string | undefined): string {
  const id = decoded(segment);
  if (isProgramId(id)) return id;
  throw refuse(404, "invalid_program_id", "This is no id of a program", "Correct the address.");
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
    // Decoding the path once more must not give another id.
    !/[/\\]|\p{Cc}|\p{Cf}|\p{Mn}|\p{Me}|\p{Z}(?<! )|\p{Default_Ignorable_Code_Point}/u.test(id)
  );
}

/** Decodes a path segment; empty if it is not UTF-8. */
export function decoded(segment: string | undefined): string {
  try {
    return decodeURIComponent(segment ?? "");
  } catch {
    return "";
  }
}
