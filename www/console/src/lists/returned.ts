/** Whether a list comes back: its jobs were cancelled before they sent it. */
import { toWorkerError } from "../server/error.js";
import { worker } from "../server/worker.js";
import type { JobName } from "./kept-file.js";

const AGAIN_MS = 2_000;

/**
 * Waits for jobs that can still be cancelled, and calls `onOpen` if there are any; resolves to `false` if
 * `signal` ends the wait.
 */
export async function isReturned(
  jobs: readonly JobName[],
  signal: AbortSignal,
  onOpen: () => void,
): Promise<boolean> {
  for (let isFirst = true; ; isFirst = false) {
    const fates = await Promise.all(jobs.map(fateOf));
    if (signal.aborted) return false;
    // One of them is enough: the review shows what the others have sent.
    if (!fates.includes("open")) return fates.includes("cancelled");
    if (isFirst) onOpen();
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** `open` also if the worker can't be reached. */
async function fateOf({ programId, id }: JobName): Promise<"open" | "cancelled" | "sent"> {
  try {
    const { status, progress } = await worker.job(programId, id);
    if (status === "cancelled") return "cancelled";
    return progress.pending === progress.total && status !== "finished" ? "open" : "sent";
  } catch (error) {
    return toWorkerError(error).status === 404 ? "sent" : "open";
  }
}
