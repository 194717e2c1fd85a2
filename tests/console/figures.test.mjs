/** Shares and amounts as the console shows them. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { consoleModule } from "./module.mjs";

const { shares } = await consoleModule("format");
const { amountOfSome, together } = await consoleModule("money");

/** @param {string} share */
const tenths = (share) => Math.round(Number(/[\d.]+/.exec(share)?.[0]) * 10);

test("shares add up", () => {
  assert.deepEqual(shares([3, 997]), ["0.3%", "99.7%"]);
  // Rounded alone, these are 0.3% and 99.8%.
  assert.deepEqual(shares([11, 3_989]), ["0.3%", "99.7%"]);
  assert.deepEqual(shares([1, 1, 1]), ["33.4%", "33.3%", "33.3%"]);
  assert.deepEqual(shares([0, 30]), ["0%", "100%"]);
  assert.deepEqual(shares([]), []);
  assert.deepEqual(shares([0]), ["0%"]);
  let seed = 7;
  for (let nth = 0; nth < 500; nth += 1) {
    const parts = Array.from({ length: 1 + (nth % 8) }, () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return 1 + (seed % 997);
    });
    const told = shares(parts);
    // What is below a tenth of a percent is not counted.
    const counted = told.filter((/** @type {string} */ share) => !share.startsWith("<"));
    const sum = counted.reduce(
      (/** @type {number} */ all, /** @type {string} */ one) => all + tenths(one),
      0,
    );
    assert.equal(sum, 1_000, `${parts}: ${told}`);
  }
});

test("a part is never nothing, nor everything", () => {
  assert.deepEqual(shares([1, 1_000_000]), ["< 0.1%", "> 99.9%"]);
});

test("amounts are added by currency, and nothing is guessed", () => {
  const [euro, dollar] = ["EUR", "USD"];
  const of = (/** @type {number | null} */ amount, /** @type {string | null} */ currency) => ({
    amount,
    currency,
  });
  assert.equal(together([of(0.1, euro), of(0.2, euro)]), "€0.30");
  assert.equal(together([of(20, euro), of(5, dollar), of(10, euro)]), "€30 and US$5");
  for (const unknown of [of(null, euro), of(5, null), of(5, "not one")]) {
    assert.equal(together([of(20, euro), unknown]), null);
  }
  assert.equal(together([]), null);
  const program = { totalDollarExposure: 100, currencyCode: euro, codeScheme: null };
  assert.equal(amountOfSome(program, 3, { total: 5, canceled: 0 }), 60);
  assert.equal(amountOfSome(program, 3, { total: 5, canceled: 1 }), null);
  assert.equal(amountOfSome(program, 1, { total: 3, canceled: 0 }), null);
  assert.equal(amountOfSome(program, 3, { total: 3, canceled: 0 }), 100);
});
