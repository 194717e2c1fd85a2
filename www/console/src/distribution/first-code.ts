/** The code that is sent first, alone, and whether it will be sent at all. */
import { useEffect, useState } from "preact/hooks";
import type { CodeList } from "uber-vouchers";

import { explainReading } from "../explain.js";
import { toWorkerError } from "../server/error.js";
import { type Again, tryOut } from "../server/jobs.js";
import type { DryRun } from "../server/types.js";
import { forEachInSlices } from "../slices.js";

export type FirstCode =
  { step: "none" | "absent" | "looking" | "leaves" } | { step: "left out" | "failed"; why: string };

/** Asks the worker about that code alone, again for each `round`; for `null`, nothing is asked. */
export function useFirstCode(
  programId: string | null,
  list: CodeList | null,
  code: string | null,
  again: Again,
  round: number,
): FirstCode {
  const isListed = useIsListed(list, code);
  const asked = isListed ? code : null;
  const [result, setAnswer] = useState<DryRun | string | null>(null);
  useEffect(() => {
    setAnswer(null);
    if (asked === null || programId === null) return undefined;
    const stop = new AbortController();
    askAbout(programId, asked, stop.signal).then(
      (found) => stop.signal.aborted || setAnswer(found),
      (error: unknown) =>
        stop.signal.aborted || setAnswer(explainReading(toWorkerError(error)).what),
    );
    return () => stop.abort();
  }, [programId, asked, round]);

  if (code === null) return { step: "none" };
  if (isListed === null) return { step: "looking" };
  if (asked === null) return { step: "absent" };
  if (result === null) return { step: "looking" };
  if (typeof result === "string") return { step: "failed", why: result };
  const why = whyLeftOut(result, again);
  return why === "" ? { step: "leaves" } : { step: "left out", why };
}

/** Whether the code will be sent, as of now. */
export async function leavesNow(programId: string, code: string, again: Again): Promise<boolean> {
  const result = await askAbout(programId, code, new AbortController().signal);
  return whyLeftOut(result, again) === "";
}

const askAbout = (programId: string, code: string, signal: AbortSignal) =>
  tryOut(programId, new Blob([code]), signal);

/** Why a list of only this code would send nothing; empty if it would be sent. */
function whyLeftOut(
  { foreign, cancelled, used, blocked, blockedUsed }: DryRun,
  again: Again,
): string {
  if (foreign > 0) return "it is not in this program";
  if (cancelled > 0) return "Uber has cancelled it";
  if (used + blockedUsed > 0) return "it is in use";
  return blocked.total > 0 && again === "skip" ? "it is in an earlier job" : "";
}

/** Why nothing can be distributed while that code is to be sent first; empty if it can. */
export function obstacleOfFirst({ step }: FirstCode): string {
  if (step === "absent") return "First choose a code of this list to send first.";
  if (step === "looking") return "Checking whether the first code can be sent.";
  if (step === "failed") return "It is not known whether the first code can be sent.";
  return step === "left out" ? "Choose another first code: this one is left out." : "";
}

/** Whether the list has that code; `null` while it is being searched. */
function useIsListed(list: CodeList | null, code: string | null): boolean | null {
  const [found, setFound] = useState<{ code: string; isListed: boolean } | null>(null);
  useEffect(() => {
    if (list === null || code === null) return undefined;
    const stop = new AbortController();
    let isListed = false;
    forEachInSlices(list, (one) => (isListed ||= one === code), stop.signal).then(
      () => stop.signal.aborted || setFound({ code, isListed }),
      () => {},
    );
    return () => stop.abort();
  }, [list, code]);
  return found?.code === code ? found.isListed : null;
}
