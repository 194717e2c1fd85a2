/** Lists as admins have them: correct ones, wrong ones, and files that are not lists. */
import { readFile } from "node:fs/promises";

import { PROGRAMS } from "./steps.mjs";

/** @typedef {ReturnType<typeof import("../worker/chance.mjs").chanceOf>} Chance */
/** @typedef {{ name: string, mimeType: string, buffer: Buffer }} File */

const WORKBOOK = await readFile(new URL("fixtures/two-sheets.xlsx", import.meta.url));
const MAX_CODES = 25;

/**
 * Generates lists. `of` has the codes of each program, in order.
 * @param {Chance} random @param {ReadonlyMap<string, readonly string[]>} of
 */
export function listsOf(random, of) {
  const programs = [...of.keys()];
  /** The programs whose codes a file contains, by its name. @type {Map<string, Set<string>>} */
  const given = new Map();
  let count = 0;

  const some = (/** @type {string} */ program) => {
    const all = of.get(program) ?? [];
    const from = random.below(all.length);
    return all.slice(from, from + 1 + random.below(MAX_CODES));
  };
  const lines = (/** @type {readonly string[]} */ rows) => ["code_id", ...rows].join("\n");

  /** @type {Record<string, (program: string) => string | Buffer>} */
  const kinds = {
    codes: (program) => lines(some(program)),
    again: (program) => lines((of.get(program) ?? []).slice(0, 20)),
    mistakes(program) {
      const codes = some(program);
      return lines([...codes, codes[0] ?? "", "RIDE2026", "=1+1", "", codes[0] ?? ""]);
    },
    foreign: (program) => lines([...some(program), ...some(random.of(programs))]),
    nobody: (program) => lines([...some(program), crypto.randomUUID()]),
    several() {
      const rows = [random.of(programs), random.of(programs)].flatMap((program) =>
        some(program).map((code) => `${program},${code}`),
      );
      return ["program_id,code_id", ...rows].join("\n");
    },
    severalForeign: (program) =>
      [
        "program_id,code_id",
        ...some(program).map((code) => `${random.of(programs)},${code}`),
        `${PROGRAMS.hires.id},${crypto.randomUUID()}`,
      ].join("\n"),
    people: () =>
      ["email", ...[1, 2, 3].map(() => `guest${random.below(90)}@example.com`)].join("\n"),
    twoColumns: (program) =>
      ["first;second", ...some(program).map((code) => `${code};${crypto.randomUUID()}`)].join("\n"),
    empty: () => "",
    headerOnly: () => "code_id\n",
    pdf: () => Buffer.from("%PDF-1.7\n%âãÏÓ\n1 0 obj"),
    workbook: () => WORKBOOK,
  };
  const usual = ["codes", "codes", "codes", "again", "mistakes"];

  return {
    given,
    some,
    /** @param {string | undefined} program none: the file has to name them @returns {File} */
    draw(program) {
      const kind = random.happens(0.3)
        ? random.of(Object.keys(kinds))
        : program === undefined
          ? "several"
          : random.of(usual);
      const content = kinds[kind]?.(program ?? random.of(programs)) ?? "";
      count += 1;
      const name = `${kind}-${count}.${kind === "workbook" ? "xlsx" : "csv"}`;
      const codes = String(content).match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? [];
      if (kind !== "people" && kind !== "workbook") given.set(name, new Set(codes));
      return { name, mimeType: "text/csv", buffer: Buffer.from(content) };
    },
  };
}
