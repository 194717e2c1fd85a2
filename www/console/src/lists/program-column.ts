/** Whether a file says for each code which program it is of. */

/** As the package finds the column: without case, white space, `_` and `-`. */
const NAMES = new Set(["voucherprogramid", "programid", "program"]);
/** These, quotes, and what UTF-16 or a byte order mark leaves in text read as UTF-8. */
const IGNORED = /[\s_"\0\ufffd\ufeff-]/g;
const LONGEST_HEAD = 4_096;

export async function namesPrograms(input: Blob): Promise<boolean> {
  const head = await input.slice(0, LONGEST_HEAD).text();
  const lines = head.split(/[\r\n]/).map((line) => line.split(/[,;\t|]/).map(letters));
  const cells = lines.find(([first, ...rest]) => first !== "sep=" && (first || rest.some(Boolean)));
  return cells !== undefined && cells.length > 1 && cells.some((cell) => NAMES.has(cell));
}

const letters = (cell: string) => cell.replace(IGNORED, "").toLowerCase();
