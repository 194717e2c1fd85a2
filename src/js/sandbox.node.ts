/** `uber-vouchers/sandbox` in Node.js, Deno and Bun: the module is read from beside this file. */
import { readFile } from "node:fs/promises";

import { instance } from "./sandbox-binding.js";

instance.provide(() => readFile(new URL("./uber_vouchers_sandbox_bg.wasm", import.meta.url)));

export * from "./sandbox-api.js";
