/** The guests of the programs of a list: masked, and read once for everything in its review. */
import { useEffect, useState } from "preact/hooks";

import { explainReading } from "../explain.js";
import type { Check } from "../lists/check.js";
import { toWorkerError } from "../server/error.js";
import { type Recipients, readRecipients } from "../server/guests.js";

/**
 * For more codes or programs, they are read only on request, because Uber returns a thousand guests
 * at a time.
 */
const MANY_CODES = 10_000;
const MANY_PROGRAMS = 20;

type Found =
  | { step: "waiting" | "reading" }
  | { step: "read"; byProgram: ReadonlyMap<string, Recipients> }
  | { step: "failed"; why: string };

/** `read` reads them now, or again. */
export type GuestsOfList = Found & { read(): void };

export function useGuestsOfList(check: Check): GuestsOfList {
  const [wanted, setWanted] = useState(0);
  const [found, setFound] = useState<Found>({ step: "reading" });
  const checked = check.step === "checked" ? check : null;
  const programs = checked === null ? "" : JSON.stringify([...checked.byProgram.keys()].sort());
  const isShort =
    checked !== null &&
    checked.byProgram.size <= MANY_PROGRAMS &&
    (checked.listed.codes ?? Infinity) <= MANY_CODES;
  const isRead = programs !== "" && (isShort || wanted > 0);
  useEffect(() => {
    if (!isRead) return undefined;
    const stop = new AbortController();
    setFound({ step: "reading" });
    readAll(JSON.parse(programs) as string[], stop.signal).then(
      (byProgram) => stop.signal.aborted || setFound({ step: "read", byProgram }),
      (error: unknown) =>
        stop.signal.aborted ||
        setFound({ step: "failed", why: explainReading(toWorkerError(error)).what }),
    );
    return () => stop.abort();
  }, [programs, isRead, wanted]);
  const read = () => setWanted(wanted + 1);
  if (programs === "") return { step: "reading", read };
  return { ...(isRead ? found : { step: "waiting" }), read };
}

async function readAll(
  programs: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Recipients>> {
  const found = new Map<string, Recipients>();
  for (const id of programs) found.set(id, await readRecipients(id, false, signal));
  return found;
}
