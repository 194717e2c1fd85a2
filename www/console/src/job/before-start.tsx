/** A job of which nothing has left yet: what it waits for, and how it is stopped. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { announce } from "../announce.js";
import { useNow } from "../clock.js";
import { type JobAction, explainAction } from "../explain.js";
import { codes, duration, number, timeOfDayExactly, verb } from "../format.js";
import { ActionButton } from "../parts/action-button.js";
import { Modal } from "../parts/modal.js";
import { Fault, Moment } from "../parts/small.js";
import { useAction } from "../parts/use-action.js";
import { useConfig } from "../server/config.js";
import { approveJob, cancelJob, resumeJob } from "../server/jobs.js";
import type { JobDetail } from "../server/types.js";
import { leavingInWords, leavingOf } from "./leaving.js";
import { Why } from "./why.js";

const ACTS = {
  cancel: [cancelJob, "Cancelled: nothing of it has left."],
  approve: [approveJob, "Approved."],
  start: [resumeJob, "Started."],
} as const satisfies Partial<Record<JobAction, unknown>>;

export function BeforeStart({ job }: { job: JobDetail }) {
  const { isBusy, problem, last, act } = useAction<keyof typeof ACTS>();
  const start = (action: keyof typeof ACTS, reason = "") =>
    act(async () => {
      const [call, said] = ACTS[action];
      await call(job.programId, job.id, reason);
      announce(said);
    }, action);
  const { status } = job;
  if (status !== "scheduled" && status !== "unapproved") return null;
  const cancel = (
    <ActionButton isBusy={isBusy} onClick={() => start("cancel")}>
      Cancel: send nothing
    </ActionButton>
  );
  return (
    <section class="card waits" aria-label="Before it starts">
      {status === "scheduled" ? (
        <Countdown job={job}>
          {cancel}
          <ActionButton isBusy={isBusy} onClick={() => start("start")}>
            Start now: distribute {leavingInWords(job)}
          </ActionButton>
        </Countdown>
      ) : (
        <Approval job={job} isBusy={isBusy} onApprove={(reason) => start("approve", reason)}>
          {cancel}
        </Approval>
      )}
      {problem && <Fault explained={explainAction(problem, last ?? "cancel")} />}
    </section>
  );
}

function Countdown({ job, children }: { job: JobDetail; children: ComponentChildren }) {
  const now = useNow(250);
  const isPaused = useConfig()?.paused ?? job.pausedByEverything;
  const at = job.startsAt;
  const first = leavingOf(job);
  const others = job.progress.total - first;
  const left = at === null ? 0 : Math.max(0, Math.ceil((at - now) / 1_000) * 1_000);
  return (
    <>
      <h2>
        {isPaused
          ? "Starts once everything is resumed"
          : left > 0
            ? `Starts in ${duration(left)}`
            : "Starts now"}
      </h2>
      <p>
        {codes(first)} {verb(first, "leaves", "leave")} then
        {at !== null && ` (${timeOfDayExactly(at)})`}, whether or not this page is open. Until then,
        nothing has left.
        {others > 0 && ` The other ${number(others)} wait until you send them.`}
      </p>
      <div class="waits-actions">{children}</div>
    </>
  );
}

function Approval({
  job,
  isBusy,
  onApprove,
  children,
}: {
  job: JobDetail;
  isBusy: boolean;
  onApprove(reason: string): void;
  children: ComponentChildren;
}) {
  const operator = useConfig()?.operator;
  const [isAsking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const size = codes(job.progress.total);
  const blocked =
    operator === job.by ? "You have asked for it: another operator approves it." : null;
  return (
    <>
      <h2>Waits for another operator</h2>
      <p>
        {job.by} asked for {size} on <Moment ms={job.createdAt} />. Nothing leaves before somebody
        else approves it
        {blocked !== null && ": sign in as another operator, or send them the address of this page"}
        .
      </p>
      <div class="waits-actions">
        {children}
        <ActionButton
          class={blocked === null ? "button-strong" : ""}
          isBusy={isBusy}
          blocked={blocked}
          onClick={() => setAsking(true)}
        >
          Approve: distribute {size}
        </ActionButton>
      </div>
      {isAsking && (
        <Modal
          labelledBy="approve-title"
          describedBy="approve-text"
          onClose={() => setAsking(false)}
        >
          <h2 id="approve-title">Distribute {size}?</h2>
          <p id="approve-text">
            {job.by} asked for it. They leave after your approval, which is written into the audit
            trail.
          </p>
          <Why value={reason} onChange={setReason} />
          <div class="dialog-actions">
            <button type="button" class="button" onClick={() => setAsking(false)}>
              Not now
            </button>
            <ActionButton
              class="button-strong"
              onClick={() => {
                setAsking(false);
                onApprove(reason);
              }}
            >
              Approve: distribute {size}
            </ActionButton>
          </div>
        </Modal>
      )}
    </>
  );
}
