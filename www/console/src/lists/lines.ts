/** A list as text, one code a line: made in slices, so that the page stays smooth. */
import type { CodeList } from "uber-vouchers";

const AT_ONCE = 10_000;

/** All of its codes, but for one where that is named. */
export const linesOf = (list: CodeList, except?: string): Promise<Blob> =>
  inSlices(list, "", except);

/** As a file that says for each code which program it is of. */
export async function linesByProgram(programs: ReadonlyMap<string, CodeList>): Promise<Blob> {
  const parts: Blob[] = [];
  for (const [program, list] of programs) {
    const cell = `"${program.replaceAll('"', '""')}"`;
    parts.push(await inSlices(list, `${cell},`), new Blob(["\n"]));
  }
  return new Blob(["program_id,code_id\n", ...parts]);
}

async function inSlices(list: CodeList, before: string, except?: string): Promise<Blob> {
  const parts: string[] = [];
  let held: string[] = [];
  for (const code of list) {
    if (code === except) continue;
    held.push(`${before}${code}`);
    if (held.length < AT_ONCE) continue;
    parts.push(`${held.join("\n")}\n`);
    held = [];
    await new Promise((resolve) => setTimeout(resolve));
  }
  return new Blob([...parts, held.join("\n")]);
}
