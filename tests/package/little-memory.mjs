/** Ways to force a trap, and to measure what is left of an instance. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { limitMemory } from "../little-memory.mjs";

const PAGES = 40;
/** More than fits into that memory. */
const TOO_MANY = 150_000;
const CODE = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631";

/** The module with a memory that can't grow far. */
export function withLittleMemory() {
  const path = fileURLToPath(import.meta.resolve("uber-vouchers/wasm"));
  return limitMemory(readFileSync(path), PAGES);
}

/** @param {number} count @param {number} [from] */
export function manyCodes(count, from = 0) {
  const line = (/** @type {number} */ at) => CODE.slice(0, 24) + at.toString(16).padStart(12, "0");
  return Array.from({ length: count }, (_, at) => line(from + at)).join("\n");
}

/** A list that exceeds the memory of such an instance. */
export const tooMany = new TextEncoder().encode(manyCodes(TOO_MANY));

/** Keeps a weak reference to each memory that an instance gets from now on. */
export function watchMemories() {
  /** @type {WeakRef<WebAssembly.Memory>[]} */
  const memories = [];
  WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
    construct(target, args) {
      const instance = Reflect.construct(target, args);
      for (const value of Object.values(instance.exports)) {
        if (value instanceof WebAssembly.Memory) memories.push(new WeakRef(value));
      }
      return instance;
    },
  });
  return {
    alive: () => memories.flatMap((memory) => memory.deref() ?? []),
    made: () => memories.length,
  };
}

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");

/** Collects garbage, including finalizers; returns the size of the heap. */
export async function collect() {
  for (let round = 0; round < 4; round += 1) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}
