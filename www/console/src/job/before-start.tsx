/** A job that has not sent anything yet: what it waits for, and how to stop it. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { announce } from "../announce.js";
import { useNow } from "../clock.js";
import { type JobAction, explainAction } from "../explain.js";
import { codes, duration, number, timeOfDayExactly, verb } from "../format.js";
import { useKey } from "../frame/keys.js";
import { ActionButton, useBlocked } from "../parts/action-button.js";
import { focusMain } from "../parts/focus-main.js";
import { Modal } from "../parts/modal.js";
import { Fault, Key, Moment } from "../parts/small.js";
import { useAction } from "../parts/use-action.js";
import { useConfig } from "../server/config.js";
import { approveJob, cancelJob, startJob } from "../server/jobs.js";
import { cancelStart, startNow, useStartWindow } from "../server/start-window.js";
import type { JobDetail } from "../server/types.js";
import { leavingInWords, codesToSend } from "./codes-to-send.js";
import { ReasonField } from "./reason-field.js";

const ACTS = {
  cancel: [cancelJob, "Cancelled: nothing was sent."],
  approve: [approveJob, "Approved."],
  start: [startJob, "Started."],
} as const satisfies Partial<Record<JobAction, unknown>>;

export function BeforeStart({ job }: { job: JobDetail }) {
  const { isBusy, problem, last, act } = useAction<keyof typeof ACTS>();
  const window = useStartWindow(job.id);
  const start = (action: keyof typeof ACTS, reason = "") =>
    act(async () => {
      if (window !== null && window.jobs.length === 1 && action !== "approve") {
        await (action === "cancel" ? cancelStart(window) : startNow(window));
        focusMain();
        return;
      }
      const [call, said] = ACTS[action];
      await call(job.programId, job.id, reason);
      announce(said);
      focusMain();
    }, action);
  const { status } = job;
  const blocked = useBlocked();
  useKey(status === "scheduled" ? "c" : null, () =>
    blocked === null ? start("cancel") : announce(blocked),
  );
  if (status !== "scheduled" && status !== "unapproved") return null;
  const cancel = (
    <ActionButton isBusy={isBusy} onClick={() => start("cancel")}>
      Cancel: send nothing {status === "scheduled" && <Key>C</Key>}
    </ActionButton>
  );
  return (
    <section class="card waits" aria-label="Before it starts">
      {status === "scheduled" ? (
        <Countdown job={job} isKept={window?.isKept ?? true}>
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

function Countdown({
  job,
  isKept,
  children,
}: {
  job: JobDetail;
  /** It starts whether this page is open or not. */
  isKept: boolean;
  children: ComponentChildren;
}) {
  const now = useNow(250);
  const isLost = useBlocked() !== null;
  const isPaused = useConfig()?.paused ?? job.pausedByEverything;
  const at = job.startsAt;
  const first = codesToSend(job);
  const others = job.progress.total - first;
  const left = at === null ? 0 : Math.max(0, Math.ceil((at - now) / 1_000) * 1_000);
  return (
    <>
      <h2>
        {isLost
          ? "Disconnected: it may have started"
          : isPaused
            ? "Waits until everything is resumed"
            : left > 0
              ? `Starts in ${duration(left)}`
              : "Starts now"}
      </h2>
      <p>
        {isPaused ? (
          <>
            Nothing was sent, and nothing is while everything is paused. After that, {codes(first)}{" "}
            {verb(first, "leaves", "leave")}
            {isKept && " at the end of another start window"}. Until then, it can be cancelled.
          </>
        ) : (
          <>
            {codes(first)} {verb(first, "leaves", "leave")} then
            {at !== null && ` (${timeOfDayExactly(at)})`}
            {isKept ? ", even if this page is closed" : ". If this page is closed, it is cancelled"}
            . Nothing is sent before that.
          </>
        )}
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
    operator === job.by ? "You asked for it: another operator must approve it." : null;
  return (
    <>
      <h2>Waits for another operator</h2>
      <p>
        {job.by} asked for {size} on <Moment ms={job.createdAt} />. Nothing is sent before another
        operator approves it
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
            {job.by} asked for it. The codes are sent after your approval, which is recorded in the
            audit trail.
          </p>
          <ReasonField value={reason} onChange={setReason} />
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
