/** The code that goes first, alone: whether it is one of those that leave. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { CodeList } from "uber-vouchers";

import { explainReading } from "../explain.js";
import { toWorkerError } from "../server/error.js";
import { type Again, tryOut } from "../server/jobs.js";
import type { DryRun } from "../server/types.js";

export type FirstCode =
  { step: "none" | "absent" | "looking" | "leaves" } | { step: "left out" | "failed"; why: string };

/** Asks the worker about that code alone, once more for each `round`; of `null`, nothing is asked. */
export function useFirstCode(
  programId: string | null,
  list: CodeList | null,
  code: string | null,
  again: Again,
  round: number,
): FirstCode {
  const isListed = useMemo(() => list !== null && code !== null && isIn(list, code), [list, code]);
  const asked = isListed ? code : null;
  const [answer, setAnswer] = useState<DryRun | string | null>(null);
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
  if (asked === null) return { step: "absent" };
  if (answer === null) return { step: "looking" };
  if (typeof answer === "string") return { step: "failed", why: answer };
  const why = whyLeftOut(answer, again);
  return why === "" ? { step: "leaves" } : { step: "left out", why };
}

/** Whether the code leaves, as it is at this moment. */
export async function leavesNow(programId: string, code: string, again: Again): Promise<boolean> {
  const answer = await askAbout(programId, code, new AbortController().signal);
  return whyLeftOut(answer, again) === "";
}

const askAbout = (programId: string, code: string, signal: AbortSignal) =>
  tryOut(programId, new Blob([code]), signal);

/** Why nothing of a list of one code leaves; empty if it does. */
function whyLeftOut(
  { foreign, cancelled, used, blocked, blockedUsed }: DryRun,
  again: Again,
): string {
  if (foreign > 0) return "it is not in this program";
  if (cancelled > 0) return "Uber has cancelled it";
  if (used + blockedUsed > 0) return "it is in use";
  return blocked.total > 0 && again === "skip" ? "it is in an earlier job" : "";
}

/** Why nothing can be distributed while that code is to go first; empty if it can. */
export function obstacleOfFirst({ step }: FirstCode): string {
  if (step === "absent") return "First choose a code of this list that goes first.";
  if (step === "looking") return "Looking whether the code that goes first can be sent.";
  if (step === "failed") return "It is not known whether the code that goes first can be sent.";
  return step === "left out"
    ? "First choose another code that goes first: this one is left out."
    : "";
}

function isIn(list: CodeList, wanted: string): boolean {
  for (const code of list) if (code === wanted) return true;
  return false;
}
