/**
 * Fits the glue that wasm-bindgen writes to the wasm, and leaves out what nobody needs.
 *
 * What is looked for is the text of one version of wasm-bindgen: where another writes
 * something else, the build ends and says what it did not find.
 */

/** @typedef {{ imports: [string, string, string][], exports: [string, string][] }} Names */

/**
 * wasm-opt has shortened the names between the glue and the wasm (a hash in each, which no
 * compression makes small), and traps in futures, where it has any, are caught by our own
 * `queueMicrotask` (see src/js/wasm/microtask.ts).
 * @param {string} glue
 * @param {string} name of the module
 * @param {Names} names what wasm-opt says of them
 * @param {boolean} isSmall whether size counts for more than speed
 */
export function fitGlue(glue, name, { imports, exports }, isSmall) {
  glue = replaceOnce(glue, "the module of the imports", `"./${name}_bg.js":`, '"a":');
  // It only ever gets a compiled module, and one of another realm is no instance of this one's class.
  const compiling = `    if (!(module instanceof WebAssembly.Module)) {
        module = new WebAssembly.Module(module);
    }
`;
  glue = replaceOnce(glue, "the compiling of a module", compiling, "");
  glue = replaceOnce(
    glue,
    "the two ways to pass a module",
    / {4}if \(module !== undefined\) \{\n[^]*?\n {4}\}\n/g,
    "    ({ module } = module);\n",
  );
  // Nothing schedules that: what lost its instance is made anew by `instance.ts`.
  glue = replaceAll(glue, "the guards of calls", /^ *__wbg_call_guard\(\);\n/gm, "");
  if (isSmall) {
    // A text is encoded as a whole, however short it is; where webhooks are read, that is a microsecond more.
    const encoding = / {4}if \(realloc === undefined\) \{\n((?: {8}.*\n)+) {4}\}\n[^]*?\n\}\n/g;
    glue = replaceOnce(glue, "the two ways to encode a text", encoding, "$1}\n");
  } else {
    // What passes arguments throws nothing: where memory runs out, the instance is lost. No
    // function of the small module takes two that would have to be freed.
    const passing =
      /^( *)try \{\n((?:\1 {4}.*\n)+?)\1\} catch \(e\) \{\n(?:\1 {4}if \(ptr.*\n)+\1 {4}throw e;\n\1\}\n/gm;
    glue = replaceAll(glue, "what frees arguments", passing, "$2");
  }
  const isStale = `        if (this.__wbg_inst !== undefined && this.__wbg_inst !== __wbg_instance_id) {
            throw new Error('Invalid stale object from previous Wasm instance');
        }
`;
  glue = replaceAll(glue, "the refusal of stale objects", isStale, "        refuseStale(this);\n");
  glue += `
function refuseStale({ __wbg_inst }) {
    if (__wbg_inst !== __wbg_instance_id) throw new Error("The object belongs to a lost instance");
}
`;
  // What it holds is freed where it ends, and nobody else has it.
  glue = replaceAll(glue, "the disposers", /^if \(Symbol\.dispose\).*\n/gm, "");
  for (const [, from, to] of imports) {
    glue = replaceOnce(glue, "an import", ` ${from}:`, ` ${to}:`);
  }
  for (const [from, to] of exports) {
    // Not all are called: memory is a value, and what starts the module is called by no name.
    glue = glue.replaceAll(new RegExp(`\\bwasm\\.${from}\\b`, "g"), () => `wasm.${to}`);
  }
  return glue.includes("queueMicrotask")
    ? `import { queueMicrotask } from "./microtask.js";\n${glue}`
    : glue;
}

/** What is there once. @param {string} text @param {string} what @param {string | RegExp} from @param {string} to */
export function replaceOnce(text, what, from, to) {
  const found = countOf(text, from);
  if (found !== 1) throw missing(what, from, "once", found);
  return replaced(text, from, to);
}

/** What is there at least once. @param {string} text @param {string} what @param {string | RegExp} from @param {string} to */
export function replaceAll(text, what, from, to) {
  const found = countOf(text, from);
  if (found === 0) throw missing(what, from, "at least once", found);
  return replaced(text, from, to);
}

/** @param {string} text @param {string | RegExp} from a RegExp has the flag `g` */
function countOf(text, from) {
  return typeof from === "string" ? text.split(from).length - 1 : [...text.matchAll(from)].length;
}

/** @param {string} text @param {string | RegExp} from @param {string} to */
function replaced(text, from, to) {
  // wasm-opt's names may have a `$`, which means something behind a RegExp alone.
  return typeof from === "string" ? text.replaceAll(from, () => to) : text.replaceAll(from, to);
}

/** @param {string} what @param {string | RegExp} from @param {string} wanted @param {number} found */
function missing(what, from, wanted, found) {
  const times = `${found} time${found === 1 ? "" : "s"}`;
  return new Error(
    `wasm-bindgen's glue must have ${what} ${wanted}, and has it ${times}: ${String(from)}`,
  );
}
