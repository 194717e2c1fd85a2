/**
 * When a program's usage is read automatically: at growing intervals, on request, and after
 * failures.
 */
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  NOTHING_READ,
  readStarted,
  readFailed,
  isOpen,
  nextReadAt,
  readSucceeded,
} from "../../build/js/worker/program/evidence/usage-plan.js";

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const NOW = 1_800_000_000_000;
const reconcile = { intervalHours: [1, 6, 24], delayMinutes: 5, pauseMinutes: 10 };
/** @type {any} */
const settings = { reconcile, retentionDays: 90, settleMinutes: 10 };
const FAULT = { code: "timeout", message: "", hint: "", queued: "no" };

/** A job that has sent something. @param {object} [progress] @param {object} [more] @returns {any} */
const job = (progress, more) => ({
  number: 1,
  sent: { requests: 1, at: NOW - HOUR },
  sources: { webhook: { codes: 0, lastAt: null } },
  summary: {
    status: "finished",
    createdAt: NOW,
    updatedAt: NOW,
    progress: { queued: 5, unknown: 0, sending: 0, requests: 1, ...progress },
    ...more,
  },
});

/** As after a read that succeeded. @param {any} state @param {any[]} open @param {number} at */
const read = (state, open, at) => {
  const requests = Object.fromEntries(
    open.map(({ number, summary }) => [number, summary.progress.requests]),
  );
  return readSucceeded(readStarted(state, at), requests, at);
};

test("intervals grow while nothing is sent, and reset after a send", () => {
  const open = [job()];
  /** @type {any} */
  let state = NOTHING_READ;
  let now = NOW;
  for (const hours of [1, 6, 24, 24, 24]) {
    const next = nextReadAt(state, open, now, settings);
    assert.equal(next, now + hours * HOUR);
    now = /** @type {number} */ (next);
    state = read(state, open, now);
  }
  const again = [job({ requests: 2 })];
  assert.equal(nextReadAt(state, again, now + 5, settings), now + HOUR);
  state = read(state, again, now + HOUR);
  assert.equal(nextReadAt(state, again, now + HOUR, settings), now + 7 * HOUR);
  // Another job, for which nothing was read.
  const other = { ...job({}, { createdAt: now + 2 * HOUR }), number: 2 };
  assert.equal(nextReadAt(state, [...again, other], now + 2 * HOUR, settings), now + 3 * HOUR);
});

test("usage of unknown codes is read once before an operator is asked", () => {
  for (const status of ["undecided", "halted", "paused"]) {
    const open = [job({ queued: 0, unknown: 5 }, { status })];
    assert.equal(nextReadAt(NOTHING_READ, open, NOW, settings), NOW, status);
    const state = read(NOTHING_READ, open, NOW);
    assert.equal(nextReadAt(state, open, NOW, settings), NOW + 6 * HOUR, status);
  }
  const running = [job({ unknown: 5 }, { status: "running" })];
  assert.equal(nextReadAt(NOTHING_READ, running, NOW, settings), NOW + HOUR);
});

test("two reads are never closer together than the pause", () => {
  const open = [job({ queued: 0, unknown: 5 }, { status: "undecided" })];
  const state = read(NOTHING_READ, open, NOW);
  const wanted = { ...state, wantedAt: NOW + 5 * MINUTE };
  assert.equal(nextReadAt(wanted, open, NOW, settings), NOW + 10 * MINUTE);
  const resent = [job({ queued: 0, unknown: 5, requests: 2 }, { status: "undecided" })];
  assert.equal(nextReadAt(state, resent, NOW + 1, settings), NOW + 10 * MINUTE);
  // Even after a read that was interrupted with its object.
  assert.equal(
    nextReadAt(readStarted(NOTHING_READ, NOW), open, NOW + 1, settings),
    NOW + 10 * MINUTE,
  );
});

test("a failed read is tried again after growing waits, and not before Uber allows it", () => {
  const open = [job({ queued: 0, unknown: 5 }, { status: "undecided" })];
  /** @type {any} */
  let state = NOTHING_READ;
  let now = NOW;
  for (const minutes of [10, 20, 40, 60, 60]) {
    state = readFailed(readStarted(state, now), /** @type {any} */ (FAULT), 0, now, 10);
    // A request meanwhile does not circumvent the wait.
    const next = nextReadAt({ ...state, wantedAt: now }, open, now, settings);
    assert.equal(next, now + minutes * MINUTE);
    now = /** @type {number} */ (next);
  }
  assert.deepEqual([state.readAt, state.error, state.failures], [null, FAULT, 5]);
  const asked = readFailed(NOTHING_READ, /** @type {any} */ (FAULT), 45 * MINUTE, now, 10);
  assert.equal(nextReadAt(asked, open, now, settings), now + 45 * MINUTE);
  const forever = readFailed(NOTHING_READ, /** @type {any} */ (FAULT), 1e12, now, 10);
  assert.equal(nextReadAt(forever, open, now, settings), now + 60 * MINUTE);
  assert.equal(read(state, open, now).error, null);
});

test("no read is scheduled without open jobs or with `reconcile: false`", () => {
  assert.equal(nextReadAt(NOTHING_READ, [], NOW, settings), undefined);
  const off = { ...settings, reconcile: false };
  assert.equal(nextReadAt(NOTHING_READ, [job()], NOW, off), undefined);
  assert.ok(isOpen(job(), NOW, settings));
  assert.ok(isOpen(job({ queued: 0, unknown: 1 }), NOW, settings));
  assert.ok(!isOpen(job({ queued: 0 }), NOW, settings));
  assert.ok(!isOpen(job(), NOW + 90 * DAY, settings));
});

test("setting the clock back delays no read", () => {
  const open = [job()];
  const state = read(NOTHING_READ, open, NOW + 400 * DAY);
  assert.equal(nextReadAt(state, open, NOW, settings), NOW + 6 * HOUR);
  const failing = readFailed(
    readStarted(NOTHING_READ, NOW + 400 * DAY),
    /** @type {any} */ (FAULT),
    0,
    NOW + 400 * DAY,
    10,
  );
  assert.equal(nextReadAt(failing, open, NOW, settings), NOW + 60 * MINUTE);
});
