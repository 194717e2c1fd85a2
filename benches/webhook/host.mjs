/** What runs in workerd and in the page: contestants, as often as the process that measures asks. */
import { contestantsOf } from "./contestants.mjs";

/** @type {import("../measure.mjs").Contestant[]} */
let contestants = [];

/** Takes the message; gives what each contestant makes of it. @param {import("./contestants.mjs").Message} message */
export async function prepare(message) {
  contestants = contestantsOf(message, false);
  return Promise.all(
    contestants.map(async ({ name, run }) => ({ name, made: JSON.stringify(await run()) })),
  );
}

/** @param {string} name @param {number} calls */
export async function repeat(name, calls) {
  const run = contestants.find((one) => one.name === name)?.run;
  if (!run) throw new Error(`Nobody is called ${name}`);
  for (let call = 0; call < calls; call += 1) {
    const made = run();
    if (made instanceof Promise) await made;
  }
}
