/** A list as text, one code per line: written in slices, so that the page stays responsive. */
import { forEachInSlices } from "../slices.js";

/** A `CodeList`, or a set of codes. */
export interface Codes extends Iterable<string> {
  readonly size: number;
}

const AT_ONCE = 10_000;

/** All of its codes except this one, if given. */
export const linesOf = (list: Codes, except?: string): Promise<Blob> => inSlices(list, "", except);

/** As a file that names the program of each code. */
export async function linesByProgram(programs: ReadonlyMap<string, Codes>): Promise<Blob> {
  const parts: Blob[] = [];
  for (const [program, list] of programs) {
    const cell = `"${program.replaceAll('"', '""')}"`;
    parts.push(await inSlices(list, `${cell},`), new Blob(["\n"]));
  }
  return new Blob(["program_id,code_id\n", ...parts]);
}

/** In pieces of their own: to encode a long text takes the browser long, too. */
async function inSlices(list: Codes, before: string, except?: string): Promise<Blob> {
  const pieces: BlobPart[] = [];
  let held: string[] = [];
  const put = () => {
    if (held.length === 0) return;
    if (pieces.length > 0) pieces.push("\n");
    pieces.push(new Blob([held.join("\n")]));
    held = [];
  };
  await forEachInSlices(list, (code) => {
    if (code === except) return;
    held.push(`${before}${code}`);
    if (held.length === AT_ONCE) put();
  });
  put();
  return new Blob(pieces);
}
