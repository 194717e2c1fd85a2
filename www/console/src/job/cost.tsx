/** What the codes of a job can cost, and what of that was used, where Uber states it. */
import { useState } from "preact/hooks";

import { codes, count } from "../format.js";
import { money, mostOfSome } from "../money.js";
import { useProgramCodes } from "../server/program-codes.js";
import { useCodeSummary, useProgram } from "../server/programs.js";
import type { JobDetail, ProgramCode } from "../server/types.js";
import { hasList, hasNotBegun } from "../words.js";
import { Fact } from "./fact.js";

/** What a larger program's codes were used for is read when somebody asks: Uber's list is long. */
const READ_UNASKED = 5_000;

export function Cost({ job }: { job: JobDetail }) {
  const { status } = job;
  // While it sends, nothing else asks Uber for long lists.
  const isOver = hasList(status) && !hasNotBegun(status) && status !== "running";
  return isOver ? <Known job={job} /> : null;
}

function Known({ job: { id, programId, progress } }: { job: JobDetail }) {
  const { program } = useProgram(programId);
  const summary = useCodeSummary(programId).value;
  const [isAsked, setAsked] = useState(false);
  if (program === null || summary === null) return null;
  // Nobody gets anything by the others.
  const some = progress.total - progress.failed - progress.rejected;
  const most = some > 0 ? mostOfSome(program, some, summary) : null;
  const isRead = isAsked || summary.total <= READ_UNASKED;
  return (
    <>
      {most !== null && (
        <Fact
          name="Can cost"
          text={`What Uber states that ${codes(some)} of this program can cost together. Codes that failed or were rejected are not among them.`}
        >
          At most {most}
        </Fact>
      )}
      {isRead ? (
        <Used job={id} programId={programId} currency={program.currencyCode} />
      ) : (
        <Fact name="Used" text={USED}>
          <button type="button" class="link" onClick={() => setAsked(true)}>
            Read what was used
          </button>
        </Fact>
      )}
    </>
  );
}

const USED =
  "What the recipients of this job’s codes have used so far, by Uber’s list. A code that a later job has sent again counts there.";

function Used({
  job,
  programId,
  currency,
}: {
  job: string;
  programId: string;
  currency: string | null;
}) {
  const { value } = useProgramCodes(programId);
  const used = value && usedOf(value.codes, job);
  const amount = used && money(used.amount, currency);
  if (!used || !amount) return null;
  return (
    <Fact name="Used" text={USED}>
      {amount} <span class="quiet">by {count(used.codes, "code")}</span>
    </Fact>
  );
}

/** `null` where Uber does not say it of each code that is in use. */
function usedOf(
  all: readonly ProgramCode[],
  job: string,
): { amount: number; codes: number } | null {
  let [amount, codes] = [0, 0];
  for (const code of all) {
    if (code.job !== job || !code.usageCount) continue;
    if (code.usageAmount === null) return null;
    amount += code.usageAmount;
    codes += 1;
  }
  return { amount, codes };
}
