/** Something that a button does: once at a time, and why it failed if it did. */
import { useEffect, useState } from "preact/hooks";

import { lostSince } from "../server/connection.js";
import { type WorkerError, toWorkerError } from "../server/error.js";
import { useStore } from "../store.js";

export function useAction<Name extends string = string>(): {
  isBusy: boolean;
  problem: WorkerError | null;
  /** Which one it was, where there are several. */
  last: Name | null;
  act: (action: () => Promise<unknown>, name?: Name) => void;
} {
  const [last, setLast] = useState<Name | null>(null);
  const [problem, setProblem] = useState<WorkerError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isLost = useStore(lostSince) !== null;
  useEffect(() => {
    // That there was no connection is no news once it is back: the page shows what has arrived.
    if (!isLost) setProblem((known) => (known?.status === null ? null : known));
  }, [isLost]);
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
