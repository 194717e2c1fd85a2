/** Something that a button does: once at a time, and why it failed if it did. */
import { useState } from "preact/hooks";

import { type WorkerError, toWorkerError } from "../server/error.js";

export function useAction(): {
  isBusy: boolean;
  problem: WorkerError | null;
  act(action: () => Promise<unknown>): void;
} {
  const [problem, setProblem] = useState<WorkerError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const run = async (action: () => Promise<unknown>) => {
    if (isBusy) return;
    setBusy(true);
    setProblem(null);
    try {
      await action();
    } catch (error) {
      setProblem(toWorkerError(error));
    }
    setBusy(false);
  };
  return { isBusy, problem, act: (action) => void run(action) };
}
