/** `uber-vouchers/distribute` in Node.js, Deno and Bun: the module is read from beside this file. */
import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";

import { instance } from "../wasm/distribute-binding.js";
import "../codes/file-size.node.js";
import "../http/own-fetch.node.js";
import { provideLongText } from "../wasm/host.js";

instance.provide(async () => {
  try {
    return await readFile(new URL("./uber_vouchers_distribute_bg.wasm", import.meta.url));
  } catch (cause) {
    // A bundler has moved this script away from the file, and taken the copy along.
    const copy = await import("./uber_vouchers_distribute_bg.inline.js").catch(() =>
      Promise.reject(cause),
    );
    return copy.default;
  }
});

// A long string is made five times as fast where V8 need not have it in its own memory.
provideLongText(({ buffer, byteOffset, length }) =>
  Buffer.from(buffer, byteOffset, length).toString("latin1"),
);

export * from "../distribute-api.js";
