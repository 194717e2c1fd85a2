/** Pauses and resumes the jobs of all programs. */
import { createQueue } from "../../journal/shared.js";
import { logError } from "../log.js";
import { inParallel } from "../parallel.js";
import type { Budget } from "../budget.js";
import type { Who } from "../program/jobs/records.js";
import { statusesWith } from "../program/jobs/statuses.js";
import type { Stubs } from "../stubs.js";
import type { AppState } from "./app-state.js";
import { type Audit, toEntry } from "./audit.js";
import type { Errands } from "./errands.js";
import type { JobIndex } from "./job-index.js";

/** The parts of the app's object that it uses. */
interface Dependencies {
  readonly state: AppState;
  readonly index: JobIndex;
  readonly errands: Errands;
  readonly audit: Audit;
  readonly budget: Budget;
  readonly stubs: Stubs;
  /** The most programs that one invocation calls. */
  readonly mostCalled: () => number;
  arm(): Promise<void>;
}

export class AppPausing {
  readonly #inTurn = createQueue();

  constructor(readonly app: Dependencies) {}

  /** Pauses everything, or resumes it. Returns how many jobs that affects. */
  set(isPaused: boolean, who: Who): Promise<number> {
    // One at a time, so that programs get the latest change last.
    return this.#inTurn(async () => {
      const { state, index, errands, audit, budget, stubs, mostCalled } = this.app;
      state.write("paused", isPaused);
      const action = isPaused ? "all_paused" : "all_resumed";
      audit.add([toEntry({ ...who, action }, Date.now())]);
      const rows = index.countByProgram(statusesWith("open"));
      budget.renew();
      if (isPaused) {
        // The other programs see it in their next lease.
        await inParallel(rows.slice(0, mostCalled()), async ({ program }) => {
          errands.add(program, "unpause");
          await stubs
            .program(program)
            .setPaused(true)
            .catch((error: unknown) => logError("pause", error));
        });
      } else {
        await this.#notifyPrograms();
      }
      return sum(rows);
    });
  }

  /** Resumes all jobs that are halted. Returns how many there are. */
  async resumeHalted(who: Who): Promise<number> {
    const { index, errands, audit, budget } = this.app;
    const rows = index.countByProgram(["halted"]);
    for (const { program } of rows) errands.add(program, "resume");
    const detail = "all halted jobs";
    audit.add([toEntry({ ...who, action: "resumed", detail }, Date.now())]);
    budget.renew();
    await this.#notifyPrograms();
    return sum(rows);
  }

  async #notifyPrograms(): Promise<void> {
    await this.app.errands.run(this.app.mostCalled());
    await this.app.arm();
  }
}

const sum = (rows: readonly { jobs: number }[]) => rows.reduce((all, { jobs }) => all + jobs, 0);
