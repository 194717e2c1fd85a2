/** Until when a running job sends nothing; `null` if it does not wait. */
import type { JobSummary } from "../server/types.js";

type Waiting = Pick<JobSummary, "status" | "waitingUntil" | "progress">;

/** For long waits the worker uses its alarm; within a run, the job itself waits. */
export function waitsUntil(
  { status, waitingUntil, progress }: Waiting,
  now: number,
): number | null {
  const until = Math.max(waitingUntil ?? 0, progress.waitingUntil ?? 0);
  return status === "running" && until > now ? until : null;
}
