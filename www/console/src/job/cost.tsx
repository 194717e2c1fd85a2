/** The most that a job can cost, and how much of that was used, if Uber states it. */
import { useState } from "preact/hooks";

import { codes, count, timeOfDay } from "../format.js";
import { money, mostOfSome } from "../money.js";
import { ActionButton } from "../parts/action-button.js";
import { useUsedCodes } from "../server/program-codes.js";
import { useCodeSummary, useProgram } from "../server/programs.js";
import type { JobDetail } from "../server/types.js";
import { hasList, hasNotBegun } from "../statuses.js";
import { Fact } from "./fact.js";

/** For a larger program, usage is read only on request, because Uber's list is long. */
const READ_UNASKED = 5_000;

export function Cost({ job }: { job: JobDetail }) {
  const { status } = job;
  // While the job sends, nothing else reads long lists from Uber.
  const isOver = hasList(status) && !hasNotBegun(status) && status !== "running";
  return isOver ? <Known job={job} /> : null;
}

function Known({ job: { id, programId, progress } }: { job: JobDetail }) {
  const { program } = useProgram(programId);
  const summary = useCodeSummary(programId).value;
  const [isAsked, setAsked] = useState(false);
  if (program === null || summary === null) return null;
  // The other codes reach nobody.
  const some = progress.total - progress.failed - progress.rejected;
  const most = some > 0 ? mostOfSome(program, some, summary) : null;
  const isRead = isAsked || summary.total <= READ_UNASKED;
  return (
    <>
      {most !== null && (
        <Fact
          name="Can cost"
          text={`The most that ${codes(some)} of this program can cost together, by Uber’s data, without failed and rejected codes.`}
        >
          At most {most}
        </Fact>
      )}
      {isRead ? (
        <Used job={id} programId={programId} currency={program.currencyCode} />
      ) : (
        <Fact name="Used" text={USED}>
          <ActionButton look="link" onClick={() => setAsked(true)}>
            Read the usage
          </ActionButton>
        </Fact>
      )}
    </>
  );
}

const USED =
  "The amount that recipients of this job’s codes have used so far, by Uber’s list. Codes that a later job has sent again count there.";

function Used({
  job,
  programId,
  currency,
}: {
  job: string;
  programId: string;
  currency: string | null;
}) {
  const { value } = useUsedCodes(programId, job);
  const amount = value && money(value.amount, currency);
  if (!value || !amount) return null;
  return (
    <Fact name="Used" text={USED}>
      {amount}{" "}
      <span class="quiet">
        by {count(value.codes, "code")}, read at {timeOfDay(value.readAt)}
      </span>
    </Fact>
  );
}
