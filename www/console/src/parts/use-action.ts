/** The action of a button: one at a time, with the error if it failed. */
import { useEffect, useState } from "preact/hooks";

import { offlineSince } from "../server/connection.js";
import { type WorkerError, toWorkerError } from "../server/error.js";
import { useStore } from "../store.js";

/** A lost connection need not be reported once it is back: the page shows what has arrived. */
export function useClearedWhenBack(
  setProblem: (change: (known: WorkerError | null) => WorkerError | null) => void,
): void {
  const isLost = useStore(offlineSince) !== null;
  useEffect(() => {
    if (!isLost) setProblem((known) => (known?.status === null ? null : known));
  }, [isLost]);
}

export function useAction<Name extends string = string>(): {
  isBusy: boolean;
  problem: WorkerError | null;
  /** Which of several actions it was. */
  last: Name | null;
  act: (action: () => Promise<unknown>, name?: Name) => void;
} {
  const [last, setLast] = useState<Name | null>(null);
  const [problem, setProblem] = useState<WorkerError | null>(null);
  const [isBusy, setBusy] = useState(false);
  useClearedWhenBack(setProblem);
  const run = async (action: () => Promise<unknown>, name: Name | null) => {
    if (isBusy) return;
    setLast(name);
    setBusy(true);
    setProblem(null);
    try {
      await action();
    } catch (error) {
      setProblem(toWorkerError(error));
    }
    setBusy(false);
  };
  return { isBusy, problem, last, act: (action, name) => void run(action, name ?? null) };
}
