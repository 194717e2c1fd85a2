/**
 * The code samples of a document.
 *
 * A comment above a fence says how the sample is tested; readers don't see it:
 *
 * | Marker | Meaning |
 * | --- | --- |
 * | `<!-- sample: node first.mjs -->` | run by Node.js, from a file of that name. So is JavaScript without a marker |
 * | `<!-- sample: node send.mjs with=uber -->` | the same, where the global `fetch` leads to a sandbox |
 * | `<!-- sample: continues -->` | continues the sample before: both are one file |
 * | `<!-- sample: given=client -->` | run after lines that the text assumes, see `given.mjs` |
 * | `<!-- sample: worker ready -->` | run in workerd, and verified by the check of that name, see `checks.mjs` |
 * | `<!-- sample: page distribute -->` | the same in Chromium |
 * | `<!-- sample: file codes.csv -->` | a file that later samples of the document use |
 * | `<!-- sample: types: why it is not run -->` | compiled only |
 * | `<!-- output -->` | what the sample before prints; `…` stands for any text |
 *
 * All samples of a document are in one folder, in order: one may use files that an
 * earlier one has left there.
 */

/**
 * @typedef {object} Sample
 * @property {number} line
 * @property {string} language
 * @property {string} code
 * @property {string} kind
 * @property {string | undefined} name
 * @property {Record<string, string>} flags
 * @property {string | undefined} reason
 */

const FENCE = /^( *)(```+)(\S*)\s*$/;
const MARKER = /^\s*<!--\s*(sample:|output\b)\s*(.*?)\s*-->\s*$/;

/** @param {string} text of a document in Markdown @returns {Sample[]} */
export function samplesOf(text) {
  const lines = text.split("\n");
  /** @type {Sample[]} */
  const samples = [];
  let marker = "";
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    const [, indent, ticks, language] = FENCE.exec(line) ?? [];
    if (ticks === undefined) {
      if (/^\s*(```|~~~)/.test(line))
        throw new Error(`Line ${at + 1}: write the fence as \`\`\`js`);
      const [, kind = "", rest = ""] = MARKER.exec(line) ?? [];
      // Formatters put an empty line in between.
      if (kind !== "") marker = kind === "output" ? "output" : rest;
      else if (line.trim() !== "") marker = refuseStray(marker, at);
      continue;
    }
    const start = at + 1;
    do at += 1;
    while (at < lines.length && lines[at]?.trim() !== ticks);
    const body = lines.slice(start, at).map((row) => row.slice(String(indent).length));
    const code = `${body.join("\n")}\n`;
    samples.push({ line: start, language: String(language), code, ...read(marker) });
    marker = "";
  }
  return samples;
}

/** @param {string} marker @param {number} at */
function refuseStray(marker, at) {
  if (marker !== "") throw new Error(`Line ${at + 1}: a marker without a fence below it`);
  return "";
}

/** @param {string} marker */
function read(marker) {
  const [, said, reason] = /^types:\s*(.+)$/.exec(marker)
    ? [0, "types", marker.slice(6).trim()]
    : [0, marker];
  const [first = "", ...words] = said.split(/\s+/).filter(Boolean);
  /** @type {Record<string, string>} */
  const flags = {};
  /** @type {string | undefined} */
  let name;
  for (const word of first.includes("=") ? [first, ...words] : words) {
    const [key = "", value] = word.split("=");
    if (value === undefined) name = word;
    else flags[key] = value;
  }
  return { kind: first.includes("=") ? "" : first, name, flags, reason };
}
