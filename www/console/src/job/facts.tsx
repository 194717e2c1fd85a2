/** How fast it goes, how long it takes, and what it can cost. */
import { useNow } from "../clock.js";
import { count, decimal, left, number } from "../format.js";
import { Hints } from "../parts/hints.js";
import { waitsUntil } from "../parts/waits.js";
import { useConfig } from "../server/config.js";
import type { JobDetail } from "../server/types.js";
import { hasList, hasNotBegun } from "../words.js";
import { Cost } from "./cost.js";
import { Fact } from "./fact.js";
import { acceptedPerSecond } from "./pace.js";

export function Facts({ job }: { job: JobDetail }) {
  const isPaused = useConfig()?.paused ?? job.pausedByEverything;
  const now = useNow(1_000);
  const { status, progress } = job;
  const { requests, retries, pending, sending } = progress;
  const isRunning = status === "running" && !isPaused;
  // What is settled needs no pace.
  const isOpen = hasList(status) && !hasNotBegun(status) && pending + sending > 0;
  const rate = isRunning ? acceptedPerSecond(job, now) : null;
  return (
    <Hints label="Facts" class="job-facts">
      {isOpen && (
        <Fact name="Time left" text="What is still to be sent, at the pace of late.">
          {timeLeft(job, isPaused, isRunning && (rate === 0 || waitsUntil(job, now) !== null))}
        </Fact>
      )}
      {isOpen && (
        <Fact name="Rate" text="Codes a second that Uber accepted, over the last ten seconds.">
          {rate === null ? "–" : `${decimal(rate)} codes a second`}
        </Fact>
      )}
      <Fact name="Requests" text="Requests that left, or were about to.">
        {number(requests)}
        <span class="quiet"> for {count(job.batches, "batch", "batches")}</span>
      </Fact>
      {retries > 0 && (
        <Fact
          name="Repeated"
          text="Requests that were sent once more after Uber asked to wait, refused a token, or you decided so."
        >
          {number(retries)}
        </Fact>
      )}
      <Cost job={job} />
    </Hints>
  );
}

/** Nothing is said of the future of what does not move. */
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
