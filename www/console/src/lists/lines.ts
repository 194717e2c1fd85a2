/** A list as text, one code a line: made in slices, so that the page stays smooth. */
import type { CodeList } from "uber-vouchers";

const AT_ONCE = 10_000;

export async function linesOf(list: CodeList): Promise<Blob> {
  const parts: string[] = [];
  let held: string[] = [];
  for (const code of list) {
    held.push(code);
    if (held.length < AT_ONCE) continue;
    parts.push(`${held.join("\n")}\n`);
    held = [];
    await new Promise((resolve) => setTimeout(resolve));
  }
  return new Blob([...parts, held.join("\n")]);
}
