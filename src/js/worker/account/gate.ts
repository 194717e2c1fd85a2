/** When requests to Uber may leave: the rate, and until when Uber asked to wait. */
import { settings } from "../settings.js";
import type { AppState } from "./app-state.js";
import { Rate, type Slots } from "./rate.js";

export class Gate {
  readonly #rate = new Rate(() => settings().requestsPerSecond);

  constructor(readonly state: AppState) {}

  lease(program: string, wanted: number): Slots {
    return this.#rate.lease(program, wanted, Date.now());
  }

  /** Uber asked for patience: nothing leaves before that, from no program. */
  close(until: number): void {
    const at = Date.now();
    this.state.write("closed", { until: this.#rate.close(until, at), at });
  }

  /** As before this object ended; a clock that was set back meanwhile takes it along. */
  closeAsBefore(): void {
    const closed = this.state.read("closed");
    if (closed === undefined) return;
    const now = Date.now();
    this.#rate.close(closed.until - Math.max(0, closed.at - now), now);
  }

  /** An operator does not want to wait any longer. */
  open(): void {
    this.#rate.open();
    this.state.write("closed", { until: 0, at: Date.now() });
  }
}
