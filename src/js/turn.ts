/** Lets other work run during long work. */
import { realNow, realSetTimeout } from "./http/deadline.js";

const LONGEST_TURN_MS = 10;

/** Yields to other work from time to time. */
export class Yielder {
  #began = realNow();

  async yieldIfSlow(): Promise<void> {
    if (realNow() - this.#began < LONGEST_TURN_MS) return;
    await new Promise((resolve) => realSetTimeout(resolve, 0));
    this.#began = realNow();
  }
}
