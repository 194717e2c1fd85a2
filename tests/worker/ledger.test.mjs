/** How the ledger stores claims: no choice of codes may overfill a page. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Ledger } from "../../build/js/worker/program/jobs/ledger.js";

const PAGES = 4_096;
const MIX = 0x9e3779b1;

/** Only the pages, as the ledger queries them. @param {string} [key] */
function storage(key) {
  /** @type {Map<number, ArrayBuffer>} */
  const pages = new Map();
  const sql = {
    databaseSize: 0,
    /** @param {string} query @param {any[]} bound @returns {any} */
    exec(query, ...bound) {
      if (query.includes("FROM state")) return key === undefined ? [] : [{ value: key }];
      if (query.startsWith("INSERT")) return [pages.set(bound[0], bound[1].slice(0))].slice(1);
      const wanted = query.includes("json_each") ? JSON.parse(bound[0]) : bound;
      return wanted.flatMap((/** @type {number} */ page) => {
        const entries = pages.get(page);
        return entries === undefined ? [] : [{ page, entries }];
      });
    },
  };
  const ledger = new Ledger(sql, /** @type {any} */ ({ exist: true }));
  const largest = () => Math.max(...[...pages.values()].map(({ byteLength }) => byteLength / 25));
  return { ledger, largest };
}

/** The inverse of `MIX`, by Newton's method. */
let inverse = 1;
for (let round = 0; round < 6; round += 1) {
  inverse = Math.imul(inverse, 2 - Math.imul(MIX, inverse));
}

/** Codes that belong to one page, and one slot, of a hash without a key. @param {number} count */
function colliding(count) {
  const view = new DataView(new ArrayBuffer(count * 16));
  for (let at = 0; at < count; at += 1) {
    let hash = 0;
    for (const [word, value] of [at, 7, 7].entries()) {
      view.setUint32(at * 16 + word * 4, value, true);
      hash = Math.imul(hash ^ value, MIX);
      hash ^= hash >>> 15;
    }
    view.setUint32(at * 16 + 12, hash ^ Math.imul(5, inverse), true);
  }
  return new Uint8Array(view.buffer);
}

test("codes chosen to collide are spread over pages like others", () => {
  const count = 20_000;
  const ids = colliding(count);
  // A database that is older than the key.
  const before = storage();
  before.ledger.claim(ids.subarray(0, 100 * 16), 1);
  assert.equal(before.largest(), 100);

  for (const key of ["0123456789ABCDEFFEDCBA9876543210", "FFFFFFFF00000000FFFFFFFF00000000"]) {
    const { ledger, largest } = storage(key);
    ledger.claim(ids, 1);
    assert.ok(largest() < (8 * count) / PAGES, String(largest()));
    let found = 0;
    ledger.find(ids, (index, claim) => {
      assert.deepEqual(claim, { job: 1, index, state: undefined });
      found += 1;
    });
    assert.equal(found, count);
  }
});

test("a used code without a job is stored once, and stays claimed", () => {
  const { ledger, largest } = storage("0123456789ABCDEFFEDCBA9876543210");
  const [one, other] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)];
  ledger.claim(one, 1);
  for (let read = 0; read < 3; read += 1) {
    ledger.keepUsed(new Uint8Array([...one, ...other, ...one]));
    ledger.settle(other, () => "failed");
  }
  // Its job is discarded.
  ledger.fold(1, null, () => undefined);
  /** @type {any[]} */
  const found = [];
  ledger.find(new Uint8Array([...one, ...other]), (index, { job, state }) => {
    found.push([index, job, state]);
  });
  assert.deepEqual(found.sort(), [
    [0, 0, "distributed"],
    [1, 0, "distributed"],
  ]);
  assert.ok(largest() <= 2);
});
