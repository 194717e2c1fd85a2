/** Importing the package only declares: no request, no timer, no global. */
import { test } from "node:test";

import { assert } from "./harness.mjs";

for (const name of ["uber-vouchers", "uber-vouchers/sandbox", "uber-vouchers/journal"]) {
  test(`importing ${name} has no side effects`, async () => {
    /** @type {any} */
    const host = globalThis;
    /** @type {string[]} */
    const used = [];
    const watched = ["fetch", "setTimeout", "setInterval", "setImmediate", "addEventListener"];
    const originals = Object.fromEntries(watched.map((global) => [global, host[global]]));
    const { random } = Math;
    for (const global of watched) {
      host[global] = (/** @type {unknown[]} */ ...given) => {
        // Node.js's own loader also has timers.
        if (/node_modules.uber-vouchers/.test(String(new Error().stack))) used.push(global);
        return originals[global]?.(...given);
      };
    }
    Math.random = () => {
      used.push("Math.random");
      return random();
    };
    const globals = Reflect.ownKeys(globalThis).length;
    const listeners = process.eventNames().map((event) => process.listenerCount(event));
    try {
      const { promise, at } = { promise: import(name), at: Date.now() };
      await promise;
      assert.ok(Date.now() - at < 5_000);
    } finally {
      Object.assign(host, originals);
      Math.random = random;
    }
    assert.equal(used, []);
    assert.equal(Reflect.ownKeys(globalThis).length, globals);
    assert.equal(
      process.eventNames().map((event) => process.listenerCount(event)),
      listeners,
    );
  });
}
