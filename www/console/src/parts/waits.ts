/** Until when nothing of a running job leaves; `null` where it does not wait. */
import type { JobSummary } from "../server/types.js";

type Waiting = Pick<JobSummary, "status" | "waitingUntil" | "progress">;

/** The worker waits for longer, with its alarm; within a run, the job itself does. */
export function waitsUntil(
  { status, waitingUntil, progress }: Waiting,
  now: number,
): number | null {
  const until = Math.max(waitingUntil ?? 0, progress.waitingUntil ?? 0);
  return status === "running" && until > now ? until : null;
}
