/** Whether a file names the program of each code. The package decides. */
import { parseCodesByProgram } from "uber-vouchers";

/** The package finds a header row only in the first lines. */
const LONGEST_HEAD = 1 << 16;

export async function namesPrograms(input: Blob): Promise<boolean> {
  const { programs, rejected } = await parseCodesByProgram(input.slice(0, LONGEST_HEAD));
  if (programs.size > 0) return true;
  // A header whose quotes don't match names nothing.
  return !rejected.some(({ reason }) => reason === "missing_column" || reason === "malformed_csv");
}
