/**
 * Runs the wasm's futures.
 *
 * The generated code imports this in place of the global `queueMicrotask`
 * (`scripts/build.mjs` adds the line), because otherwise a trap inside a future would
 * go unnoticed: the promise of the call would never settle. The loop of a job uses it
 * too: a test may have mocked the global one, with its timers.
 */

/** Called with the error that ended a run: a trap of the instance. */
export const traps = new Set<(error: unknown) => void>();

/** Runs the queue of the wasm's futures in a microtask. */
export function queueMicrotask(run: () => void): void {
  void Promise.resolve().then(() => {
    try {
      run();
    } catch (error) {
      for (const tell of traps) tell(error);
    }
  });
}
