/** Whether a file says for each code which program it is of. */

/** As the package finds the column. */
const NAMES = new Set(["voucher_program_id", "program_id", "program"]);
const LONGEST_HEAD = 4_096;

export async function namesPrograms(input: Blob): Promise<boolean> {
  const head = await input.slice(0, LONGEST_HEAD).text();
  const [line = ""] = head.replace(/^\ufeff/, "").split(/\r\n|\n|\r/, 1);
  const cells = line
    .split(/[,;\t|]/)
    .map((cell) => cell.trim().replace(/^"|"$/g, "").toLowerCase());
  return cells.length > 1 && cells.some((cell) => NAMES.has(cell));
}
