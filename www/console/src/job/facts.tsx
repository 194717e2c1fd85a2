/** The speed of a job, the time left, and the maximum cost. */
import { useNow } from "../clock.js";
import { count, decimal, left, number } from "../format.js";
import { Hints } from "../parts/hints.js";
import { waitsUntil } from "../parts/waits.js";
import { useConfig } from "../server/config.js";
import type { JobDetail } from "../server/types.js";
import { hasList, hasNotBegun } from "../statuses.js";
import { Cost } from "./cost.js";
import { Fact } from "./fact.js";
import { acceptedPerSecond } from "./pace.js";

export function Facts({ job }: { job: JobDetail }) {
  const isPaused = useConfig()?.paused ?? job.pausedByEverything;
  const now = useNow(1_000);
  const { status, progress } = job;
  const { requests, retries, pending, sending } = progress;
  const isRunning = status === "running" && !isPaused;
  // A finished job needs no speed.
  const isOpen = hasList(status) && !hasNotBegun(status) && pending + sending > 0;
  const rate = isRunning ? acceptedPerSecond(job, now) : null;
  return (
    <Hints label="Facts" class="job-facts">
      {isOpen && (
        <Fact name="Time left" text="The remaining time, at the recent pace.">
          {timeLeft(job, isPaused, isRunning && (rate === 0 || waitsUntil(job, now) !== null))}
        </Fact>
      )}
      {isOpen && (
        <Fact name="Rate" text="Codes per second that Uber accepted, over the last ten seconds.">
          {rate === null ? "–" : `${decimal(rate)} codes per second`}
        </Fact>
      )}
      <Fact name="Requests" text="Requests that were sent, or were about to be.">
        {number(requests)}
        <span class="quiet"> for {count(job.batches, "batch", "batches")}</span>
      </Fact>
      {retries > 0 && (
        <Fact
          name="Repeated"
          text="Requests that were repeated because Uber asked to wait or refused a token, or because you decided so."
        >
          {number(retries)}
        </Fact>
      )}
      <Cost job={job} />
    </Hints>
  );
}

/** No estimate is shown for a job that does not run. */
function timeLeft(
  { status, progress: { etaMs } }: JobDetail,
  isPaused: boolean,
  isStill: boolean,
): string {
  if (status === "running" && isPaused) return "Everything is paused";
  if (status === "halted") return "Halted";
  if (status !== "running") return "Paused";
  return isStill || etaMs === null ? "Unknown" : left(etaMs);
}
