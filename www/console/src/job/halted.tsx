/** Why a job stopped, and what to find out before it is resumed. */
import { useState } from "preact/hooks";

import { announce } from "../announce.js";
import { explainAction, explainFault } from "../explain.js";
import { codes } from "../format.js";
import { ActionButton } from "../parts/action-button.js";
import { ResumeIcon, WarningIcon } from "../parts/icons.js";
import { ErrorCode, Fault } from "../parts/small.js";
import { useAction } from "../parts/use-action.js";
import { resumeJob } from "../server/jobs.js";
import type { JobDetail } from "../server/types.js";
import { leavingInWords } from "./codes-to-send.js";
import { ReasonField } from "./reason-field.js";

/** What to check, depending on what stopped the job. */
const FIND_OUT: Record<string, readonly string[]> = {
  halted: [
    "Whether Uber, or a proxy between this worker and Uber, has an outage.",
    "Which of the unknown codes are in use: read usage, below.",
  ],
  invalid_request: [
    "Whether these codes are in this program, and whether it is still active at Uber.",
    "Uber’s message: see “Rejected by Uber”.",
  ],
  unauthorized: ["Whether the client id and the secret of this worker were changed at Uber."],
  token_rejected: ["Whether the client id and the secret of this worker were changed at Uber."],
  user_not_allowed: ["Whether Uber has granted this app the voucher scope for your organization."],
  resource_not_found: ["Whether the program still exists at Uber, in this organization."],
  conflict: ["Whether Uber has now generated all codes of the program."],
};
const ANYTHING = ["Whether the cause above is fixed."];

export function Halted({ job }: { job: JobDetail }) {
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const { isBusy, problem, act } = useAction();
  const { id, programId, status, error, progress } = job;
  if (status !== "halted") return null;
  const open = progress.pending + progress.sending;
  const explained = error && explainFault(error);
  const resume = async () => {
    await resumeJob(programId, id, reason);
    announce("Resumed.");
  };
  return (
    <section class="card halted" aria-labelledby="halted-title">
      <WarningIcon />
      <div>
        <h2 id="halted-title">
          Halted
          {explained && `: ${explained.what.slice(0, 1).toLowerCase()}${explained.what.slice(1)}`}
        </h2>
        {explained && (
          <p>
            {explained.meaning} {explained.todo}{" "}
            <ErrorCode code={explained.code} status={explained.status} />
          </p>
        )}
        <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
          <summary>What to check before you resume</summary>
          <ul>
            {(FIND_OUT[error?.code ?? ""] ?? ANYTHING).map((text) => (
              <li key={text}>{text}</li>
            ))}
            <li>
              Resuming sends{" "}
              {open > 0 ? `the ${codes(open)} that are pending` : "nothing by itself"}, and no code
              that may have been queued. If the cause remains, the job halts again.
            </li>
          </ul>
          <ReasonField value={reason} onChange={setReason} />
        </details>
        <ActionButton
          class={isOpen ? "button-strong" : ""}
          isBusy={isBusy}
          onClick={() => act(resume)}
        >
          <ResumeIcon /> {open > 0 ? `Resume: distribute ${leavingInWords(job)}` : "Resume"}
        </ActionButton>
        {problem && <Fault explained={explainAction(problem, "resume")} />}
      </div>
    </section>
  );
}
