/** Long work that lets other work have its turn. */
import { realNow, realSetTimeout } from "./http/deadline.js";

const LONGEST_TURN_MS = 10;

/** Gives other work its turn, now and then. */
export class Turn {
  #began = realNow();

  async end(): Promise<void> {
    if (realNow() - this.#began < LONGEST_TURN_MS) return;
    await new Promise((resolve) => realSetTimeout(resolve, 0));
    this.#began = realNow();
  }
}
