/** When requests to Uber may be sent: the rate, and until when Uber asked to wait. */
import { settings } from "../settings.js";
import type { AppState } from "./app-state.js";
import { Rate, type Slots } from "./rate.js";

export class Gate {
  readonly #rate = new Rate(() => settings().requestsPerSecond);

  constructor(readonly state: AppState) {}

  lease(program: string, wanted: number): Slots {
    return this.#rate.lease(program, wanted, Date.now());
  }

  /** Uber asked to wait: no program sends anything before this time. */
  close(until: number): void {
    const at = Date.now();
    this.state.write("closed", { until: this.#rate.close(until, at), at });
  }

  /** Restores the state after a restart. If the clock was set back meanwhile, the time moves back with it. */
  restore(): void {
    const closed = this.state.read("closed");
    if (closed === undefined) return;
    const now = Date.now();
    this.#rate.close(closed.until - Math.max(0, closed.at - now), now);
  }

  /** Sends again at once, because an operator asked for it. */
  open(): void {
    this.#rate.open();
    this.state.write("closed", { until: 0, at: Date.now() });
  }
}
