/** A job that has paused after its first codes: their states, and how to continue. */
import { useEffect, useState } from "preact/hooks";

import { announce } from "../announce.js";
import { explainAction } from "../explain.js";
import { codes, count, number, verb } from "../format.js";
import { ActionButton } from "../parts/action-button.js";
import { Fault, StateWord } from "../parts/small.js";
import { RecipientTools } from "../parts/recipient-tools.js";
import { useAction } from "../parts/use-action.js";
import { inOneLine, useRecipients } from "../parts/use-recipients.js";
import type { Recipients } from "../server/guests.js";
import { resumeJob } from "../server/jobs.js";
import { useCodeSummary } from "../server/programs.js";
import type { JobDetail, ResultRow } from "../server/types.js";
import { worker } from "../server/worker.js";
import { isAfterFirst } from "../words.js";
import { failureWords } from "./failure-words.js";

const SHOWN = 5;
/** For a larger program, recipients are read only on request. */
const READ_UNASKED = 10_000;

export function FirstCodes({ job }: { job: JobDetail }) {
  return isAfterFirst(job) ? <Paused job={job} /> : null;
}

function Paused({ job }: { job: JobDetail }) {
  const { isBusy, problem, act } = useAction();
  const first = job.pauseAfter ?? 0;
  const rows = useFirst(job, Math.min(first, SHOWN));
  const recipients = useRecipients(job.programId);
  const summary = useCodeSummary(job.programId).value;
  const isShort = summary !== null && summary.total <= READ_UNASKED;
  useEffect(() => {
    if (isShort) recipients.read(false);
  }, [isShort]);
  const { pending } = job.progress;
  const resume = async () => {
    await resumeJob(job.programId, job.id);
    announce("Resumed.");
  };
  return (
    <section class="card waits" aria-labelledby="first-title">
      <h2 id="first-title">
        {verb(first, "The first code has", `The first ${count(first, "code")} have`)} been sent, and
        nothing else
      </h2>
      <ul class="first-codes">
        {rows.map(({ code, state, reason }) => (
          <li key={code}>
            <code>{code}</code> <StateWord state={state} />{" "}
            {reason !== null && <span>{failureWords(reason).plain ?? reason}</span>}
            {recipients.value && <span dir="auto"> · {toWhom(recipients.value, code)}</span>}
          </li>
        ))}
      </ul>
      <p>
        {rows.some(({ state }) => state === "queued") &&
          `What is queued stays so until Uber reports its outcome. `}
        Ask{" "}
        {verb(first, "the recipient whether the voucher", "the recipients whether the vouchers")}{" "}
        arrived, then send the rest.
      </p>
      <div class="waits-actions">
        <RecipientTools recipients={recipients} />
        <ActionButton class="button-strong" isBusy={isBusy} onClick={() => act(resume)}>
          Now the other {number(pending)}: distribute {codes(pending)}
        </ActionButton>
      </div>
      {problem && <Fault explained={explainAction(problem, "resume")} />}
    </section>
  );
}

function toWhom({ byCode }: Recipients, code: string): string {
  const guest = byCode.get(code);
  if (guest === undefined) return "to nobody: it has no guest";
  return [`to ${inOneLine(guest)}`, guest.codeText].filter((part) => part !== null).join(" · ");
}

/** The states of the first codes, read again when the figures change. */
function useFirst(job: JobDetail, limit: number): readonly ResultRow[] {
  const [rows, setRows] = useState<readonly ResultRow[]>([]);
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    worker.resultPage(job.programId, job.id, { from: 0, limit, signal }).then(
      (page) => setRows(page.rows),
      // The figures above show the same; it is read again with the next change.
      () => {},
    );
    return () => stop.abort();
  }, [job.id, job.progress, limit]);
  return rows;
}
