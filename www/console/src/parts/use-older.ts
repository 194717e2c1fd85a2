/** A list whose newest part is read repeatedly, and whose older parts are read on demand. */
import { useEffect, useState } from "preact/hooks";

import { type WorkerError, toWorkerError } from "../server/error.js";
import { useClearedWhenBack } from "./use-action.js";

export interface Part<T, Next> {
  /** Newest first. */
  items: readonly T[];
  /** Where the next, older part begins; `null` on the last one. */
  next: Next | null;
}

/** `readOlder` must belong to the same list while this component is mounted. */
export function useOlder<T extends { id: string }, Next>(
  newest: Part<T, Next> | null,
  readOlder: (next: Next) => Promise<Part<T, Next>>,
) {
  const [list, setList] = useState<Part<T, Next>>({ items: [], next: null });
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<WorkerError | null>(null);
  useClearedWhenBack(setProblem);
  useEffect(() => {
    if (newest !== null) setList((known) => join(newest, known));
  }, [newest]);
  const { items, next } = list;
  const load = async () => {
    if (isBusy || next === null) return;
    setBusy(true);
    setProblem(null);
    try {
      const older = await readOlder(next);
      setList((known) => ({ items: [...known.items, ...without(older, known)], next: older.next }));
    } catch (error) {
      setProblem(toWorkerError(error));
    }
    setBusy(false);
  };
  return { items, hasMore: next !== null, isBusy, problem, load: () => void load() };
}

/** Older parts are kept if they meet the end of the newest part; otherwise they are read again. */
function join<T extends { id: string }, Next>(
  newest: Part<T, Next>,
  known: Part<T, Next>,
): Part<T, Next> {
  const last = newest.items.at(-1)?.id;
  const index = known.items.findIndex(({ id }) => id === last);
  const older = index === -1 ? [] : known.items.slice(index + 1);
  if (older.length === 0) return newest;
  return { items: [...newest.items, ...without({ items: older }, newest)], next: known.next };
}

function without<T extends { id: string }>(
  { items }: { items: readonly T[] },
  known: { items: readonly T[] },
): T[] {
  const ids = new Set(known.items.map(({ id }) => id));
  return items.filter(({ id }) => !ids.has(id));
}
