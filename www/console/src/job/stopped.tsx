/** Why nothing leaves, where something holds the job up. */
import { useNow } from "../clock.js";
import { explainFault, explainUnreadable } from "../explain.js";
import { codes, left, timeOfDayExactly, verb } from "../format.js";
import { Callout, Fault } from "../parts/small.js";
import type { JobDetail } from "../server/types.js";

export function Stopped({ job }: { job: JobDetail }) {
  const { error, waitingUntil, status, progress, usage } = job;
  const now = useNow(1_000);
  const isWaiting = status === "running" && waitingUntil !== null && waitingUntil > now;
  return (
    <>
      {error && (status === "halted" || status === "undecided") && (
        <Fault explained={explainFault(error)} />
      )}
      {error && status === "unreadable" && <Fault explained={explainUnreadable(error)} />}
      {isWaiting && (
        <Callout
          tone="note"
          title={`Waiting until ${timeOfDayExactly(waitingUntil)}, ${left(waitingUntil - now)}`}
        >
          <p>
            {error
              ? "There is no token to be had from Uber. Nothing has left; it is tried again by itself."
              : "Uber asked for patience. Nothing of that request was queued; it leaves again by itself."}
          </p>
        </Callout>
      )}
      {progress.pending > 0 && usage.usedBefore > 0 && (
        <Callout
          tone="unknown"
          title={`${codes(usage.usedBefore)} that ${verb(usage.usedBefore, "is", "are")} pending ${verb(usage.usedBefore, "is", "are")} in use already`}
        >
          <p>
            {verb(usage.usedBefore, "Its recipient has it", "Their recipients have them")}. This job
            sends {verb(usage.usedBefore, "it", "them")} all the same: pause it first if that is not
            wanted.
          </p>
        </Callout>
      )}
    </>
  );
}
