/** A list as text, one code a line: made in slices, so that the page stays smooth. */
import type { CodeList } from "uber-vouchers";

const AT_ONCE = 10_000;

export const linesOf = (list: CodeList): Promise<Blob> => inSlices(list);

/** As a file that says for each code which program it is of. */
export async function linesByProgram(programs: ReadonlyMap<string, CodeList>): Promise<Blob> {
  const parts: Blob[] = [];
  for (const [program, list] of programs) {
    const cell = `"${program.replaceAll('"', '""')}"`;
    parts.push(await inSlices(list, `${cell},`), new Blob(["\n"]));
  }
  return new Blob(["program_id,code_id\n", ...parts]);
}

async function inSlices(list: CodeList, before = ""): Promise<Blob> {
  const parts: string[] = [];
  let held: string[] = [];
  for (const code of list) {
    held.push(`${before}${code}`);
    if (held.length < AT_ONCE) continue;
    parts.push(`${held.join("\n")}\n`);
    held = [];
    await new Promise((resolve) => setTimeout(resolve));
  }
  return new Blob([...parts, held.join("\n")]);
}
