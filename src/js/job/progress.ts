/** The progress of a job, and the listeners that are notified of changes. */
import { notify } from "../listeners.js";
import { PROGRESS_MEMBERS } from "../generated/jobs.js";
import type { JobMachine } from "../wasm/job-machine.js";
import { queueMicrotask } from "../wasm/microtask.js";
import type { JobProgress } from "./types.js";

export class LiveProgress {
  readonly #machine: JobMachine;
  #progress: JobProgress | undefined;
  #isStale = true;
  #isScheduled = false;
  readonly #listeners = new Set<() => void>();

  constructor(machine: JobMachine) {
    this.#machine = machine;
  }

  // Bound, as is `subscribe`, so that React's useSyncExternalStore can take both unchanged.
  readonly read = (): JobProgress => {
    if (this.#progress !== undefined && (!this.#isStale || this.#machine.isLost))
      return this.#progress;
    const numbers = this.#machine.progress();
    const named = Object.fromEntries(PROGRESS_MEMBERS.map((name, index) => [name, numbers[index]]));
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- The core's numbers have the names' order.
    const progress = named as unknown as JobProgress;
    this.#isStale = false;
    const previous = this.#progress;
    // The passing of time alone is not a change.
    const isSame = (name: keyof JobProgress) =>
      name === "etaMs" || previous?.[name] === progress[name];
    if (previous !== undefined && PROGRESS_MEMBERS.every(isSame)) return previous;
    return (this.#progress = progress);
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    const call = () => listener();
    this.#listeners.add(call);
    return () => this.#listeners.delete(call);
  };

  /** Notifies the listeners if something changed. */
  changed(): void {
    this.#isStale = true;
    if (this.#isScheduled || this.#listeners.size === 0) return;
    this.#isScheduled = true;
    const previous = this.#progress;
    queueMicrotask(() => {
      this.#isScheduled = false;
      if (this.#machine.isLost || this.read() === previous) return;
      // A listener that was added meanwhile is not called in this round.
      for (const listener of [...this.#listeners]) notify(listener);
    });
  }
}
