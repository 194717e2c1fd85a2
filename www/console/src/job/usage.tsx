/** Reads usage from Uber now, and shows when it was last read. */
import { useState } from "preact/hooks";

import { announce } from "../announce.js";
import { explainUsage } from "../explain.js";
import { codes, number, timeOfDayExactly } from "../format.js";
import { ActionButton } from "../parts/action-button.js";
import { Ago, ErrorCode, Fault, Moment } from "../parts/small.js";
import { useAction } from "../parts/use-action.js";
import { readUsage } from "../server/jobs.js";
import type { JobDetail, Reconciled } from "../server/types.js";
import { hasList } from "../statuses.js";

export function ReadUsage({ job }: { job: JobDetail }) {
  const { id, programId, usage, status } = job;
  const { isBusy, problem, act } = useAction();
  const [found, setFound] = useState<Reconciled | null>(null);
  if (!hasList(status)) return null;
  const read = async () => {
    const reconciled = await readUsage(programId, id);
    setFound(reconciled);
    announce(inWords(reconciled));
  };
  return (
    <div class="usage">
      <ActionButton class="button-small" isBusy={isBusy} onClick={() => act(read)}>
        {isBusy ? "Reading usage" : "Read usage now"}
      </ActionButton>
      <p class="quiet">
        {usage.readAt === null ? (
          "Usage has not been read for this job yet."
        ) : (
          <>
            Usage was last read <Ago ms={usage.readAt} />.
          </>
        )}{" "}
        {found !== null && `${inWords(found)} `}
        {usage.nextAt !== null && (
          <>
            The worker reads it next on <Moment ms={usage.nextAt} isShort />.
          </>
        )}
      </p>
      {problem ? (
        <Fault explained={explainUsage(problem)} />
      ) : (
        // The worker's own try is repeated by itself.
        usage.error &&
        usage.triedAt !== null && (
          <p class="quiet">
            The last try, at {timeOfDayExactly(usage.triedAt)}, failed: {usage.error.message}.{" "}
            <ErrorCode code={usage.error.code} status={usage.error.status ?? null} />
          </p>
        )
      )}
    </div>
  );
}

const inWords = ({ read, settled, stillUnknown, readAt }: Reconciled): string =>
  `At ${timeOfDayExactly(readAt)}, Uber listed ${codes(read)}: ${number(settled)} settled, ${number(stillUnknown)} still unknown.`;
