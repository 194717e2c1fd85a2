/** A job that has paused by itself after its first codes: what became of them, and how it goes on. */
import { useEffect, useState } from "preact/hooks";

import { announce } from "../announce.js";
import { explainAction } from "../explain.js";
import { codes, count, number, verb } from "../format.js";
import { ActionButton } from "../parts/action-button.js";
import { Fault, StateWord } from "../parts/small.js";
import { useAction } from "../parts/use-action.js";
import type { Recipients } from "../server/guests.js";
import { resumeJob } from "../server/jobs.js";
import type { JobDetail, ResultRow } from "../server/types.js";
import { worker } from "../server/worker.js";
import { isAfterFirst } from "../words.js";
import { RecipientTools } from "./recipient-tools.js";
import { inOneLine, useRecipients } from "./use-recipients.js";

const SHOWN = 5;

export function FirstCodes({ job }: { job: JobDetail }) {
  const { isBusy, problem, act } = useAction();
  const first = job.pauseAfter ?? 0;
  const { rows } = useFirst(job, Math.min(first, SHOWN));
  const recipients = useRecipients(job.programId);
  if (!isAfterFirst(job)) return null;
  const { pending } = job.progress;
  const resume = async () => {
    await resumeJob(job.programId, job.id);
    announce("Resumed.");
  };
  return (
    <section class="card waits" aria-labelledby="first-title">
      <h2 id="first-title">
        {verb(first, "The first code has", `The first ${count(first, "code")} have`)} left, and
        nothing else
      </h2>
      <ul class="first-codes">
        {rows.map(({ code, state, reason }) => (
          <li key={code}>
            <code>{code}</code> <StateWord state={state} />{" "}
            {reason !== null && <span>{reason}</span>}
            {recipients.value && <span dir="auto"> · {toWhom(recipients.value, code)}</span>}
          </li>
        ))}
      </ul>
      <p>
        {verb(first, "It counts as queued", "They count as queued")} until Uber reports what became
        of {verb(first, "it", "them")}. Ask the recipient whether the voucher came, then send the
        rest.
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
  return guest ? `to ${inOneLine(guest)}` : "to nobody: it has no guest";
}

/** What is known of the first codes, read again when the figures change. */
function useFirst(job: JobDetail, limit: number): { rows: readonly ResultRow[] } {
  const [rows, setRows] = useState<readonly ResultRow[]>([]);
  const isShown = isAfterFirst(job);
  useEffect(() => {
    if (!isShown) return undefined;
    const stop = new AbortController();
    const { signal } = stop;
    worker.resultPage(job.programId, job.id, { from: 0, limit, signal }).then(
      (page) => setRows(page.rows),
      // The figures above say the same; it is read again with the next change.
      () => {},
    );
    return () => stop.abort();
  }, [job.id, job.progress, isShown, limit]);
  return { rows };
}
