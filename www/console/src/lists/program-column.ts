/** Whether a file says for each code which program it is of. The package decides. */
import { parseCodesByProgram } from "uber-vouchers";

/** A header row is in the first lines, or the package finds none. */
const LONGEST_HEAD = 1 << 16;

export async function namesPrograms(input: Blob): Promise<boolean> {
  const { rejected } = await parseCodesByProgram(input.slice(0, LONGEST_HEAD));
  return !rejected.some(({ reason }) => reason === "missing_column");
}
