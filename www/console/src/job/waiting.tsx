/** That nothing leaves for the moment, since when, and when it is tried again. */
import { useNow } from "../clock.js";
import { timeOfDayExactly } from "../format.js";
import { Callout } from "../parts/small.js";
import { waitsUntil } from "../parts/waits.js";
import type { JobDetail } from "../server/types.js";

export function Waiting({ job }: { job: JobDetail }) {
  const now = useNow(1_000);
  const { error, sources } = job;
  const until = waitsUntil(job, now);
  if (until === null) return null;
  const { lastAt } = sources.answer;
  return (
    <Callout
      tone="unknown"
      title={error ? "Uber gives no token at the moment" : "Uber asks to wait"}
    >
      <p>
        Nothing has been queued {lastAt === null ? "yet" : `since ${timeOfDayExactly(lastAt)}`}.
        What was asked for meanwhile was refused, and nothing of it was queued. It is tried again by
        itself at {timeOfDayExactly(until)}.
      </p>
    </Callout>
  );
}
