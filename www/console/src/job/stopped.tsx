/** Further warnings that an operator should read before the figures. */
import { explainFault, explainUnreadable } from "../explain.js";
import { codes, verb } from "../format.js";
import { Callout, Fault } from "../parts/small.js";
import type { JobDetail } from "../server/types.js";

export function Stopped({ job: { error, status, progress, usage } }: { job: JobDetail }) {
  const isUsed = verb(usage.usedBefore, "is", "are");
  return (
    <>
      {error && status === "undecided" && <Fault explained={explainFault(error)} />}
      {error && status === "unreadable" && <Fault explained={explainUnreadable(error)} />}
      {progress.pending > 0 && usage.usedBefore > 0 && (
        <Callout
          tone="unknown"
          title={`${codes(usage.usedBefore)} that ${isUsed} pending ${isUsed} in use already`}
        >
          <p>
            {verb(usage.usedBefore, "Its recipient has it", "Their recipients have them")}. This job
            sends {verb(usage.usedBefore, "it", "them")} anyway: pause it first if you don’t want
            that.
          </p>
        </Callout>
      )}
    </>
  );
}
