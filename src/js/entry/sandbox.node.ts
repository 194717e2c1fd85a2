/**
 * `uber-vouchers/sandbox` in Node.js, Deno and Bun: the module is read from a file beside this one.
 */
import { readFile } from "node:fs/promises";

import { instance } from "../wasm/sandbox-binding.js";

instance.provide(async () => {
  try {
    return await readFile(new URL("./uber_vouchers_sandbox_bg.wasm", import.meta.url));
  } catch (cause) {
    // A bundler has moved this script away from the file, so its embedded copy is used.
    const copy = await import("./uber_vouchers_sandbox_bg.inline.js").catch(() =>
      Promise.reject(cause),
    );
    return copy.default;
  }
});

export * from "../sandbox/api.js";
