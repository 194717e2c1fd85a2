/** Ways to force a trap, and to see what is left of an instance. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const PAGES = 40;
/** More than fits there. */
const TOO_MANY = 150_000;
const CODE = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631";

/**
 * The module with a memory that can't grow far: asking for more is a real trap.
 */
export function withLittleMemory() {
  const bytes = readFileSync(fileURLToPath(import.meta.resolve("uber-vouchers/wasm")));
  const MEMORY_SECTION = 5;
  let at = 8;
  const number = () => {
    let [value, shift, byte] = [0, 0, 0];
    do {
      byte = bytes[at++] ?? 0;
      value |= (byte & 127) << shift;
      shift += 7;
    } while (byte & 128);
    return value;
  };
  for (;;) {
    const start = at;
    const section = bytes[at++];
    const length = number();
    const body = at;
    if (section === MEMORY_SECTION) {
      at += 2;
      const limited = Buffer.from([MEMORY_SECTION, 4, 1, 1, number(), PAGES]);
      return Buffer.concat([bytes.subarray(0, start), limited, bytes.subarray(body + length)]);
    }
    at = body + length;
  }
}

/** @param {number} count @param {number} [from] */
export function manyCodes(count, from = 0) {
  const line = (/** @type {number} */ at) => CODE.slice(0, 24) + at.toString(16).padStart(12, "0");
  return Array.from({ length: count }, (_, at) => line(from + at)).join("\n");
}

/** A list at which an instance with little memory breaks down. */
export const tooMany = new TextEncoder().encode(manyCodes(TOO_MANY));

/** Keeps, weakly, each memory that an instance gets from now on. */
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

/** Collects what nobody holds, finalizers included; gives what is left of the heap. */
export async function collect() {
  for (let round = 0; round < 4; round += 1) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}
