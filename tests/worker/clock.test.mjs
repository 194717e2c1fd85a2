/** A clock that is set back must not delay anything until it has caught up. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Attempts } from "../../build/js/worker/http/attempts.js";
import { Budget } from "../../build/js/worker/budget.js";
import { Pacer } from "../../build/js/worker/program/sending/pacer.js";
import { Rate } from "../../build/js/worker/account/rate.js";

const HOUR_MS = 60 * 60_000;
const NOW = 1_900_000_000_000;

test("sending continues after the clock was set back", () => {
  const rate = new Rate(() => 50);
  for (let at = 0; at < 100; at += 1) rate.lease("a program", 60, NOW + at * 10);
  const before = rate.lease("a program", 60, NOW + 1_000);
  assert.ok(before.from < NOW + 120_000);
  const lead = before.from - (NOW + 1_000);
  const { from, count } = rate.lease("a program", 1, NOW + 1_000 - HOUR_MS);
  assert.ok(count > 0);
  assert.ok(from - (NOW + 1_000 - HOUR_MS) <= lead + 2_000, `${from}`);
  // Uber's wait still applies, but no longer one.
  rate.close(NOW - HOUR_MS + 30_000, NOW - HOUR_MS + 2_000);
  const closed = rate.lease("a program", 1, NOW - 2 * HOUR_MS + 2_000);
  assert.equal(closed.count, 0);
  assert.equal(closed.closedUntil, NOW - 2 * HOUR_MS + 30_000);
});

test("a program takes a new lease when the clock was set back", async () => {
  mock.timers.enable({ apis: ["Date"], now: NOW });
  try {
    const rate = new Rate(() => 50);
    const app = {
      lease: async (/** @type {string} */ program, /** @type {number} */ wanted) => ({
        ...rate.lease(program, wanted, Date.now()),
        isPaused: false,
      }),
    };
    const stubs = /** @type {any} */ ({ app: () => app });
    const pacer = new Pacer(
      stubs,
      new Budget(),
      () => "a program",
      () => {},
    );
    const told = () => new Promise((resolve) => setImmediate(resolve));
    pacer.next();
    await told();
    assert.ok(pacer.next() <= NOW + 1_000);
    mock.timers.setTime(NOW - HOUR_MS);
    pacer.next();
    await told();
    assert.ok(pacer.next() <= NOW - HOUR_MS + 1_100, `${pacer.next() - NOW}`);
  } finally {
    mock.timers.reset();
  }
});

test("setting the clock back locks no one out", () => {
  const attempts = new Attempts();
  for (let at = 0; at < 10; at += 1) attempts.attempt("home", NOW + at);
  attempts.block(NOW + 60_000);
  assert.ok(attempts.wait("home", NOW + 20) > 0);
  assert.equal(attempts.wait("home", NOW - HOUR_MS), 0);
  assert.equal(attempts.wait("elsewhere", NOW - HOUR_MS), 0);
});
