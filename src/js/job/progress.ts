/** What is known of a job, and whoever is told that it changed. */
import { notify } from "../listeners.js";
import { PROGRESS_MEMBERS } from "../generated/protocol.js";
import type { JobMachine } from "../wasm/job-machine.js";
import { queueMicrotask } from "../wasm/microtask.js";
import type { JobProgress } from "./types.js";

export class LiveProgress {
  readonly #machine: JobMachine;
  #progress: JobProgress | undefined;
  #isStale = true;
  #isTelling = false;
  readonly #listeners = new Set<() => void>();

  constructor(machine: JobMachine) {
    this.#machine = machine;
  }

  // Bound, as is `subscribe`: React's useSyncExternalStore takes both as they are.
  readonly read = (): JobProgress => {
    if (this.#progress !== undefined && (!this.#isStale || this.#machine.isLost))
      return this.#progress;
    const numbers = this.#machine.progress();
    const named = Object.fromEntries(PROGRESS_MEMBERS.map((name, place) => [name, numbers[place]]));
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- The core's numbers have the names' order.
    const progress = named as unknown as JobProgress;
    this.#isStale = false;
    const before = this.#progress;
    // Time alone is no change.
    const isSame = (name: keyof JobProgress) =>
      name === "etaMs" || before?.[name] === progress[name];
    if (before !== undefined && PROGRESS_MEMBERS.every(isSame)) return before;
    return (this.#progress = progress);
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    const call = () => listener();
    this.#listeners.add(call);
    return () => this.#listeners.delete(call);
  };

  /** Tells the listeners, unless it turns out that nothing is other than it was. */
  changed(): void {
    this.#isStale = true;
    if (this.#isTelling || this.#listeners.size === 0) return;
    this.#isTelling = true;
    const before = this.#progress;
    queueMicrotask(() => {
      this.#isTelling = false;
      if (this.#machine.isLost || this.read() === before) return;
      // A listener that subscribes anew is not called again.
      for (const listener of [...this.#listeners]) notify(listener);
    });
  }
}
