/** What the build does to the glue that wasm-bindgen writes. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { fitGlue } from "../scripts/glue.mjs";

/** Of each text that is looked for one, and what the build calls it. */
const PARTS = {
  "the module of the imports": 'const imports = { "./name_bg.js": { __wbg_now: () => 0 } };\n',
  "the compiling of a module": `    if (!(module instanceof WebAssembly.Module)) {
        module = new WebAssembly.Module(module);
    }
`,
  "the two ways to pass a module": `    if (module !== undefined) {
        ({ module } = module);
    }
`,
  "the guards of calls": "    __wbg_call_guard();\n",
  "the refusal of stale objects": `        if (this.__wbg_inst !== undefined && this.__wbg_inst !== __wbg_instance_id) {
            throw new Error('Invalid stale object from previous Wasm instance');
        }
`,
  "the disposers":
    "if (Symbol.dispose) Client.prototype[Symbol.dispose] = Client.prototype.free;\n",
};
const PASSING = `    try {
        ptr0 = pass(text);
    } catch (e) {
        if (ptr0) { free(ptr0); }
        throw e;
    }
`;
const ENCODING = `function pass(arg, realloc) {
    if (realloc === undefined) {
        whole(arg);
    }

    piece(arg);
}
`;
const NAMES = {
  imports: /** @type {[string, string, string][]} */ ([["a", "__wbg_now", "b"]]),
  exports: /** @type {[string, string][]} */ ([["client_call", "c"]]),
};

for (const [size, isSmall, name, part] of /** @type {const} */ ([
  ["a small module", true, "the two ways to encode a text", ENCODING],
  ["any other module", false, "what frees arguments", PASSING],
])) {
  const parts = { ...PARTS, [name]: part };
  const whole = `${Object.values(parts).join("")}wasm.client_call();\n`;

  test(`the glue of ${size} is fitted to the wasm`, () => {
    const glue = fitGlue(whole, "name", NAMES, isSmall);
    for (const kept of ['"a":', " b: () => 0", "wasm.c();", "refuseStale(this);"]) {
      assert.ok(glue.includes(kept), kept);
    }
    for (const gone of ["call_guard", "Symbol", "catch", "realloc ===", "WebAssembly.Module"]) {
      assert.ok(!glue.includes(gone), gone);
    }
  });

  test(`what the glue of ${size} lacks ends the build, which says what it is`, () => {
    for (const [missing, text] of Object.entries(parts)) {
      const other = whole.replace(text, "");
      assert.throws(
        () => fitGlue(other, "name", NAMES, isSmall),
        (/** @type {Error} */ error) => error.message.includes(`${missing} `),
        missing,
      );
    }
    const import_ = { ...NAMES, imports: [...NAMES.imports, ["a", "__wbg_other", "d"]] };
    assert.throws(() => fitGlue(whole, "name", /** @type {any} */ (import_), isSmall), /an import/);
  });
}

test("what must be there once may not be there twice", () => {
  const whole = Object.values({ ...PARTS, PASSING }).join("");
  const twice = whole + PARTS["the compiling of a module"];
  assert.throws(
    () => fitGlue(twice, "name", NAMES, false),
    /must have the compiling of a module once, and has it 2 times/,
  );
});
