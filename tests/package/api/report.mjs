/**
 * What each door of the package declares, in one file a door: whoever changes
 * the public API sees it here, and so does a reviewer.
 *
 *   node report.mjs <folder of an installed package> [--record]
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve, sep } from "node:path";

import typescript from "typescript";

/** The doors, and the names of their files. */
const DOORS = {
  ".": "index",
  "./distribute": "distribute",
  "./worker": "worker",
  "./worker-client": "worker-client",
  "./journal": "journal",
  "./sandbox": "sandbox",
};
const HOW = "If that is meant: npm test -- api --record";

/**
 * Compares the declarations with what was written down.
 * @param {string} project a folder with the package in `node_modules`
 * @param {boolean} record whether to write it down anew
 */
export function checkApi(project, record) {
  const folder = join(resolve(project), "node_modules", "uber-vouchers");
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  // The modules themselves have a type too, and no declarations.
  const typed = Object.keys(exports).filter((door) => /\.js$/.test(exports[door].default));
  const known = Object.keys(DOORS);
  if (typed.sort().join() !== known.sort().join())
    throw new Error(`There are doors ${typed.join()}`);
  /** @type {string[]} */
  const changes = [];
  for (const [door, name] of Object.entries(DOORS)) {
    const found = reportOf(join(folder, exports[door].types), folder);
    const file = join(import.meta.dirname, `${name}.d.ts.txt`);
    if (record) writeFileSync(file, found);
    const before = existsSync(file) ? readFileSync(file, "utf8") : "";
    if (before !== found) changes.push(`${name}.d.ts.txt`, ...difference(before, found));
  }
  if (changes.length > 0) {
    throw new Error([`The public API has changed. ${HOW}`, ...changes].join("\n"));
  }
}

/** @param {string} entry @param {string} folder */
function reportOf(entry, folder) {
  const program = typescript.createProgram([entry], {
    strict: true,
    module: typescript.ModuleKind.NodeNext,
    moduleResolution: typescript.ModuleResolutionKind.NodeNext,
    lib: ["lib.es2022.d.ts"],
    types: [],
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry);
  const module = source && checker.getSymbolAtLocation(source);
  if (!module) throw new Error(`${entry} is no module`);
  const resolved = (/** @type {typescript.Symbol} */ symbol) =>
    symbol.flags & typescript.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const isOurs = (/** @type {typescript.Declaration} */ declaration) =>
    resolve(declaration.getSourceFile().fileName).startsWith(folder + sep);

  const names = new Map(
    checker.getExportsOfModule(module).map((symbol) => [resolved(symbol), symbol.name]),
  );
  const exported = new Set(names.keys());
  /** @type {Map<string, string>} */
  const texts = new Map();
  // What is named by a declaration is as public as that, exported or not. The
  // map grows while it is walked.
  for (const [symbol, name] of names) {
    const declarations = (symbol.declarations ?? []).filter(isOurs);
    for (const declaration of declarations) eachName(declaration, take);
    const text = declarations.map(print).join("\n");
    const mark = exported.has(symbol) ? "" : "// not exported\n";
    texts.set(`${mark ? "~" : ""}${name}`, mark + text);
  }
  return [...texts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, text]) => `${text}\n`)
    .join("\n");

  /** @param {typescript.Identifier} identifier */
  function take(identifier) {
    const found = checker.getSymbolAtLocation(identifier);
    if (!found) return;
    const symbol = resolved(found);
    const isTopLevel = symbol.declarations?.some(
      (declaration) =>
        isOurs(declaration) && typescript.isSourceFile(statementOf(declaration).parent),
    );
    if (isTopLevel && !names.has(symbol)) names.set(symbol, symbol.name);
  }
}

/** A variable's name is two levels below its statement. @param {typescript.Node} node @returns {typescript.Node} */
function statementOf(node) {
  return typescript.isVariableDeclaration(node) ? node.parent.parent : node;
}

/** @param {typescript.Node} node @param {(identifier: typescript.Identifier) => void} take */
function eachName(node, take) {
  if (typescript.isIdentifier(node)) take(node);
  node.forEachChild((child) => eachName(child, take));
}

/** @param {typescript.Declaration} declaration */
function print(declaration) {
  const printer = typescript.createPrinter({
    removeComments: true,
    newLine: typescript.NewLineKind.LineFeed,
  });
  const node = statementOf(declaration);
  return printer
    .printNode(typescript.EmitHint.Unspecified, node, declaration.getSourceFile())
    .replaceAll(/^ {4,}/gm, (indent) => " ".repeat(indent.length / 2));
}

/** @param {string} before @param {string} now */
function difference(before, now) {
  const [old, young] = [before.split("\n"), now.split("\n")];
  const [had, has] = [new Set(old), new Set(young)];
  return [
    ...young.filter((line) => !had.has(line)).map((line) => `+ ${line}`),
    ...old.filter((line) => !has.has(line)).map((line) => `- ${line}`),
  ];
}

if (process.argv[1] === import.meta.filename) {
  try {
    checkApi(String(process.argv[2]), process.argv.includes("--record"));
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    process.exit(1);
  }
}
