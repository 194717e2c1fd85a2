/** Who gets which code of a program: masked, until somebody asks to see it. */
import { useEffect, useState } from "preact/hooks";

import { type WorkerError, toWorkerError } from "../server/error.js";
import { type Recipient, readRecipients } from "../server/guests.js";
import { masked } from "./mask.js";

/** Of more codes, they are read only if somebody asks: Uber gives them a thousand at a time. */
const MANY = 5_000;

export interface Recipients {
  /** `null`: not read. */
  byCode: ReadonlyMap<string, Recipient> | null;
  isRevealed: boolean;
  isBusy: boolean;
  problem: WorkerError | null;
  show(): void;
  reveal(): void;
}

type Wanted = "none" | "masked" | "revealed";

export function useRecipients(programId: string, total: number | null): Recipients {
  const [asked, setAsked] = useState<Wanted>("none");
  const wanted = asked === "none" && total !== null && total <= MANY ? "masked" : asked;
  const [read, setRead] = useState<Pick<Recipients, "byCode" | "isRevealed" | "problem">>({
    byCode: null,
    isRevealed: false,
    problem: null,
  });
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    if (wanted === "none") return undefined;
    const stop = new AbortController();
    const isRevealed = wanted === "revealed";
    setBusy(true);
    readRecipients(programId, isRevealed, stop.signal)
      .then(
        (found) => {
          const byCode = isRevealed
            ? found
            : new Map([...found].map(([code, recipient]) => [code, masked(recipient)]));
          if (!stop.signal.aborted) setRead({ byCode, isRevealed, problem: null });
        },
        (error: unknown) => {
          if (stop.signal.aborted) return;
          setRead((known) => ({ ...known, problem: toWorkerError(error) }));
        },
      )
      .finally(() => setBusy(false));
    return () => stop.abort();
  }, [programId, wanted]);
  return {
    ...read,
    isBusy,
    show: () => setAsked("masked"),
    reveal: () => setAsked("revealed"),
  };
}
