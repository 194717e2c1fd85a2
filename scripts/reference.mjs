/**
 * Generates the tables of `www/docs/reference` from the declarations: between
 * `<!-- table: … -->` and `<!-- end of table -->`, everything is generated.
 *
 * | Marker | Table | Source |
 * | --- | --- | --- |
 * | `table: codes` | every error code, with its hint | `error_codes!` in `src/error/code.rs`; hints: `src/js/generated/protocol.ts` |
 * | `table: reasons` | why an entry is rejected | the variants of `RejectReason` in `src/code/rejected.rs` |
 * | `table: members RunOptions JobOptions` | the members of these interfaces | `src/js` |
 *
 * `node scripts/reference.mjs` writes them; `npm run docs` does so too.
 */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Missing, ROOT, main } from "./setup.mjs";

const FOLDER = join(ROOT, "www", "docs", "reference");
const SOURCES = join(ROOT, "src", "js");
const TABLE = /(<!-- table: (\w+)((?: \w+)*) -->\n)[^]*?(<!-- end of table -->)/g;

/**
 * Codes that only JavaScript has, so `src/error/code.rs` does not list them. Their hints are in
 * `src/protocol/typescript.rs`.
 * @type {Record<string, [errorClass: string, meaning: string]>}
 */
const IN_JAVASCRIPT = {
  secret_in_browser: [
    "ValidationError",
    "A client secret was given in a page, where anyone can read it.",
  ],
  body_used: ["WebhookError", "The body of the request was already read."],
  journal_failed: ["JobError", "The journal could not be read or written."],
  job_busy: ["JobError", "The job is open elsewhere, or already running."],
  job_closed: ["JobError", "The job was closed, or opened again elsewhere."],
  instance_lost: ["JobError", "The WebAssembly instance crashed."],
};
const CLASSES = ["ValidationError", "ApiError", "ConnectionError", "WebhookError", "JobError"];

/** @type {typeof import("typescript")} */
let typescript;

/** Rewrites the tables. With `isCheck`, it only checks whether they are up to date. @param {boolean} isCheck */
export async function writeReference(isCheck) {
  // Imported here and not above: nothing may be installed yet when a command starts.
  ({ default: typescript } = await import("typescript"));
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".md"))) {
    const path = join(FOLDER, file);
    const text = readFileSync(path, "utf8");
    const written = text.replaceAll(TABLE, (_, start, kind, names, end) => {
      const table = tableOf(kind, names.trim().split(" ").filter(Boolean));
      return `${start}\n${table}\n\n${end}`;
    });
    if (written === text) continue;
    if (isCheck) {
      throw new Missing(`www/docs/reference/${file} is out of date: node scripts/reference.mjs`);
    }
    writeFileSync(path, written);
  }
}

/** @param {string} kind @param {string[]} names @returns {string} */
function tableOf(kind, names) {
  switch (kind) {
    case "codes":
      return codes();
    case "reasons":
      return reasons();
    case "members":
      return rows(["Name", "Description"], names.flatMap(membersOf));
    default:
      throw new Error(`There is no table of ${kind}`);
  }
}

function codes() {
  const found = [
    ...rust("error", "code.rs").matchAll(/((?:\s*\/\/\/ .*\n)+)\s*\w+ = "(\w+)",\s*(\w+),\s*"/g),
  ].map(([, docs = "", code = "", errorClass]) => ({
    code,
    errorClass: `${errorClass}Error`,
    meaning: textOf(docs),
  }));
  for (const [code, [errorClass, meaning]] of Object.entries(IN_JAVASCRIPT)) {
    found.push({ code, errorClass, meaning });
  }
  const generated = readFileSync(join(SOURCES, "generated", "protocol.ts"), "utf8");
  const hints = new Map(
    [...generated.matchAll(/^export const (\w+)_HINT =\s*"([^"]*)";$/gm)].map(
      ([, name = "", hint]) => [name.toLowerCase(), hint],
    ),
  );
  const declared = CLASSES.flatMap((name) => literalsOf(`${name}Code`));
  const missing = declared.filter((code) => !found.some((row) => row.code === code));
  const unknown = found.filter(({ code }) => !declared.includes(code)).map(({ code }) => code);
  if (missing.length + unknown.length > 0) {
    throw new Error(
      `Error codes without a row: ${missing.join()}; without a type: ${unknown.join()}. ` +
        "See IN_JAVASCRIPT in scripts/reference.mjs.",
    );
  }
  return rows(
    ["Class", "`code`", "What happened", "`hint`"],
    CLASSES.flatMap((name) =>
      found
        .filter(({ errorClass }) => errorClass === name)
        .map(({ code, meaning }, index) => [
          index === 0 ? `\`${name}\`` : "",
          `\`${code}\``,
          meaning,
          hints.get(code) ?? "",
        ]),
    ),
  );
}

function reasons() {
  const source = rust("code", "rejected.rs");
  const [, body = ""] = /enum \w*Reason \{\n([^]*?)\n\s*\}/.exec(source) ?? [];
  const found = [...body.matchAll(/((?:\s*\/\/\/ .*\n)+)\s*(\w+)(?: = "(\w+)")?,/g)].map(
    ([, docs = "", variant, text]) => {
      const name = text ?? new RegExp(`Reason::${variant} => "(\\w+)"`).exec(source)?.[1];
      return [`\`${name}\``, textOf(docs)];
    },
  );
  const declared = literalsOf("RejectionReason").map((name) => `\`${name}\``);
  const named = found.map(([name]) => name);
  if (declared.sort().join() !== named.sort().join()) {
    throw new Error(
      `The reasons in src/code/rejected.rs are ${named.join()}, but ${declared.join()} in src/js`,
    );
  }
  return rows(["`reason`", "What is wrong"], found);
}

/** @param {string[]} path */
function rust(...path) {
  return readFileSync(join(ROOT, "src", ...path), "utf8");
}

/** @param {string} comment lines that begin with three slashes */
function textOf(comment) {
  return comment
    .replaceAll(/^\s*\/\/\/ ?/gm, "")
    .trim()
    .replaceAll("\n", " ");
}

/** @type {import("typescript").SourceFile[] | undefined} */
let parsed;

/** All files of the package's TypeScript, so that a type can move to another file. */
function sources() {
  parsed ??= /** @type {string[]} */ (readdirSync(SOURCES, { recursive: true }))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => {
      const text = readFileSync(join(SOURCES, file), "utf8");
      return typescript.createSourceFile(file, text, typescript.ScriptTarget.ESNext, true);
    });
  return parsed;
}

/** The statement that declares a type. @param {string} name */
function declarationOf(name) {
  for (const { statements } of sources()) {
    for (const statement of statements) {
      const isType =
        typescript.isInterfaceDeclaration(statement) ||
        typescript.isTypeAliasDeclaration(statement);
      if (isType && statement.name.text === name) return statement;
    }
  }
  throw new Error(`There is no type ${name} in src/js`);
}

/** The strings of a union. @param {string} name */
function literalsOf(name) {
  return [
    ...declarationOf(name)
      .getText()
      .matchAll(/"(\w+)"/g),
  ].map(([, text = ""]) => text);
}

/** @param {string} name of an interface @returns {string[][]} */
function membersOf(name) {
  const declaration = declarationOf(name);
  if (!typescript.isInterfaceDeclaration(declaration))
    throw new Error(`${name} is not an interface`);
  return declaration.members.filter(typescript.isPropertySignature).map((member) => {
    const comments = typescript.getJSDocCommentsAndTags(member);
    const text = comments
      .map(({ comment }) => typescript.getTextOfJSDocComment(comment) ?? "")
      .join(" ")
      .replaceAll(/\s*\n\s*/g, " ");
    const isNeeded = member.questionToken === undefined;
    return [`\`${member.name.getText()}\``, `${isNeeded ? "**Required.** " : ""}${text}`];
  });
}

/** @param {string[]} columns @param {string[][]} lines */
function rows(columns, lines) {
  const line = (/** @type {string[]} */ cells) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...lines.map(line)].join("\n");
}

if (process.argv[1] === import.meta.filename) {
  await main(() => writeReference(process.argv.includes("--check")));
}
