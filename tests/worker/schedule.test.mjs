/** Which job the alarm runs, when operators and reports arrive while it begins. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Schedule } from "../../build/js/worker/program/schedule.js";

/**
 * A program whose jobs are due. It stands for the program's object, since no request can be made to
 * arrive at a chosen moment of an alarm there.
 * @param {Set<number>} running the numbers of its jobs, the next one first
 * @param {() => void} meanwhile what happens while reports are applied
 */
function programOf(running, meanwhile) {
  /** @type {string[]} */
  const done = [];
  const nothing = async () => {};
  /** @type {any} */
  const program = {
    state: { isPaused: false, read: () => undefined, write: () => {} },
    records: { inStatus: () => [] },
    creation: { isHolding: false, settle: nothing },
    calls: { recover: nothing },
    expiry: { run: nothing },
    usage: { readIfDue: nothing },
    inbox: {
      dueAt: () => undefined,
      flush: async () => {
        done.push("reports applied");
        meanwhile();
      },
    },
    runner: {
      next: () => [...running].map((number) => ({ record: { number }, at: 0 }))[0],
      run: async (/** @type {{ number: number }} */ { number }) => {
        done.push(`job ${number} run`);
      },
    },
    armNext: nothing,
  };
  return { done, schedule: new Schedule(program) };
}

test("reports that have arrived are applied before a job sends anything", async () => {
  const { done, schedule } = programOf(new Set([1, 2]), () => {});
  await schedule.run();
  assert.deepEqual(done, ["reports applied", "job 1 run"]);
});

test("a job that is paused or cancelled while reports are applied sends nothing", async () => {
  const running = new Set([1]);
  const { done, schedule } = programOf(running, () => running.delete(1));
  await schedule.run();
  assert.deepEqual(done, ["reports applied"]);
});

test("the next job runs instead of one that is paused while reports are applied", async () => {
  const running = new Set([1, 2]);
  const { done, schedule } = programOf(running, () => running.delete(1));
  await schedule.run();
  assert.deepEqual(done, ["reports applied", "job 2 run"]);
});
