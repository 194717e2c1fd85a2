/** A hundred traps: nothing that was lost is kept. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { collect, manyCodes, tooMany, watchMemories, withLittleMemory } from "./little-memory.mjs";

const TRAPS = 100;
const memories = watchMemories();
const { createClient, parseCodes } = await import("uber-vouchers");
const { memoryJournal } = await import("uber-vouchers/journal");

test(`${TRAPS} traps leak nothing`, { timeout: 60_000 }, async (context) => {
  const hanging = /** @type {any} */ (() => new Promise(() => {}));
  const options = { organizationId: "org", auth: /** @type {const} */ ("none"), fetch: hanging };
  const client = createClient({ ...options, module: withLittleMemory() });
  const journal = memoryJournal();
  await client.createJob("program", manyCodes(20), { journal });
  const round = async () => {
    // Everything that lives in the instance: a call, a running job, an idle one, a list.
    const other = createClient(options);
    const call = other.distribute("program", manyCodes(5)).catch((error) => error);
    const job = await client.resumeJob(memoryJournal(journal.bytes()));
    const run = job.run().catch((error) => error);
    await client.resumeJob(memoryJournal(journal.bytes()));
    await assert.rejects(parseCodes(tooMany), { code: "instance_lost" });
    for (const error of await Promise.all([call, run])) assert.equal(error.code, "instance_lost");
  };
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  for (let warm = 0; warm < 5; warm += 1) await round();
  const [before, timersBefore] = [await collect(), timers()];
  for (let trap = 5; trap < TRAPS; trap += 1) await round();
  const grown = (await collect()) - before;
  context.diagnostic(
    `${memories.made()} instances, ${memories.alive().length} alive, heap +${grown}`,
  );
  assert.ok(memories.made() >= TRAPS - 1);
  assert.ok(memories.alive().length <= 2, `${memories.alive().length} memories are kept`);
  assert.ok(timers() <= timersBefore, `${timers()} timers, ${timersBefore} before`);
  assert.ok(grown < 500_000, `${grown} bytes more`);
  assert.equal((await parseCodes(manyCodes(7))).size, 7);
});
