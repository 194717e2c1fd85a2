/** The ids in a path. */
import { refuse } from "../problem.js";

export { canonicalId } from "../../codes/canonical-id.js";

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
