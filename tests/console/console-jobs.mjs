/** What is known of a job's codes, and what operators do with jobs that wait, stop or end. */
import { signIn } from "./browser.mjs";
import { evidenceTests } from "./evidence.mjs";
import { createAgain, jobTests } from "./job.mjs";
import { operatorTests } from "./operators.mjs";
import { runConsole } from "./run.mjs";
import { A_QUARTER_FAILS, PROGRAMS, sandbox, untilSettled } from "./steps.mjs";
import { unknownBatchTests } from "./unknown-batches.mjs";

const { party, hires, dinner } = PROGRAMS;

await runConsole("/", ({ page }) => ({
  async "an admin signs in, and codes of three programs have been sent"() {
    await signIn(page);
    await sandbox(page, A_QUARTER_FAILS);
    for (const program of [party, dinner, hires]) {
      const { id } = await createAgain(page, program);
      await page.goto(`/programs/${program.id}/jobs/${id}`);
      await untilSettled(page);
    }
  },

  ...unknownBatchTests(page),
  ...evidenceTests(page),
  ...jobTests(page),
  ...operatorTests(page),
}));
