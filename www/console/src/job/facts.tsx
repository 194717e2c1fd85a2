/** How fast it goes, and how long it takes. */
import type { ComponentChildren } from "preact";

import { count, decimal, left, number } from "../format.js";
import { Hint } from "../parts/small.js";
import { useConfig } from "../server/config.js";
import type { JobDetail } from "../server/types.js";
import { hasList } from "../words.js";

export function Facts({ job }: { job: JobDetail }) {
  const isPaused = useConfig()?.paused ?? job.pausedByEverything;
  const { status, progress, rate } = job;
  const { requests, retries, pending, sending, queued, etaMs } = progress;
  const isRunning = status === "running" && !isPaused;
  const open = pending + sending;
  return (
    <dl class="job-facts">
      <Fact name="Time left" text="What is still to be sent, at the pace of late.">
        {!hasList(status)
          ? "–"
          : open === 0
            ? progress.unknown > 0
              ? "Your decision is needed"
              : "Nothing left to send"
            : status === "running" && isPaused
              ? "Everything is paused"
              : !isRunning
                ? "Paused"
                : etaMs === null
                  ? "Not known yet"
                  : left(etaMs)}
      </Fact>
      <Fact name="Rate" text="Requests a second, over the last ten seconds.">
        {isRunning && rate !== null ? `${decimal(rate)} a second` : "–"}
      </Fact>
      <Fact name="Requests" text="Requests that left, or were about to.">
        {number(requests)}
        <span class="quiet"> for {count(job.batches, "batch", "batches")}</span>
      </Fact>
      <Fact
        name="Repeated"
        text="Requests that were sent once more after Uber asked to wait, refused a token, or you decided so."
      >
        {number(retries)}
      </Fact>
      <Fact name="Awaiting a report" text="Codes that are queued: Uber has not reported them yet.">
        {number(queued)}
      </Fact>
    </dl>
  );
}

function Fact({
  name,
  text,
  children,
}: {
  name: string;
  text: string;
  children: ComponentChildren;
}) {
  return (
    <div>
      <dt>
        <Hint text={text}>{name}</Hint>
      </dt>
      <dd>{children}</dd>
    </div>
  );
}
