/** The notice that nothing is sent at the moment: since when, and when it is tried again. */
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
      title={error ? "Uber issues no token at the moment" : "Uber asks to wait"}
    >
      <p>
        Nothing has been queued {lastAt === null ? "yet" : `since ${timeOfDayExactly(lastAt)}`}.
        Requests since then were refused and queued nothing. The next try is at{" "}
        {timeOfDayExactly(until)}.
      </p>
    </Callout>
  );
}
