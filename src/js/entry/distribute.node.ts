/**
 * `uber-vouchers/distribute` in Node.js, Deno and Bun: the module is read from a file beside this
 * one.
 */
import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";

import { instance } from "../wasm/distribute-binding.js";
import "../codes/file-size.node.js";
import "../http/own-fetch.node.js";
import { setAsciiDecoder } from "../wasm/host.js";

instance.provide(async () => {
  try {
    return await readFile(new URL("./uber_vouchers_distribute_bg.wasm", import.meta.url));
  } catch (cause) {
    // A bundler has moved this script away from the file, so its embedded copy is used.
    const copy = await import("./uber_vouchers_distribute_bg.inline.js").catch(() =>
      Promise.reject(cause),
    );
    return copy.default;
  }
});

// V8 creates a long string five times as fast if it can keep it outside its own memory.
setAsciiDecoder(({ buffer, byteOffset, length }) =>
  Buffer.from(buffer, byteOffset, length).toString("latin1"),
);

export * from "../distribute-api.js";
