/**
 * Where the wasm's futures run.
 *
 * The generated glue imports this in place of the global `queueMicrotask`
 * (`scripts/build.mjs` adds the line), because a trap inside a future would
 * otherwise reach nobody: the promise of the call would never settle. The loop of a job
 * uses it too: the global one may have been taken over by a test, with its timers.
 */

/** Called with what ended a run: a trap of the instance. */
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
