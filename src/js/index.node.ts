/** `uber-vouchers` in Node.js, Deno and Bun: the module is read from beside this file. */
import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";

import { instance } from "./binding.js";
import { provideLongText } from "./host.js";
import "./own-fetch.node.js";

instance.provide(() => readFile(new URL("./uber_vouchers_bg.wasm", import.meta.url)));

// A long string is made five times as fast where V8 need not have it in its own memory.
provideLongText(({ buffer, byteOffset, length }) =>
  Buffer.from(buffer, byteOffset, length).toString("latin1"),
);

export * from "./api.js";
