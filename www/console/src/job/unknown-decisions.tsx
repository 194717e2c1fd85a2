/** The decisions about unknown codes: the harmless ones first, a second message last. */
import { useState } from "preact/hooks";

import { useNow } from "../clock.js";
import { codes, number, verb } from "../format.js";
import { ActionButton } from "../parts/action-button.js";
import { Modal } from "../parts/modal.js";
import type { JobDecision, JobDetail } from "../server/types.js";
import { opens } from "./settling.js";
import type { Scope } from "./scope.js";
import { ReasonField } from "./reason-field.js";

export const DECISIONS: Record<
  JobDecision,
  { button(size: string): string; consequence: string; question(size: string): string }
> = {
  queued: {
    button: (size) => `Take ${size} as queued`,
    consequence: "Nothing is sent. If Uber did not queue them, their recipients get nothing.",
    question: (size) => `Take ${size} as queued?`,
  },
  abandon: {
    button: (size) => `Abandon ${size}`,
    consequence: "Nothing is sent. They are not tracked any more; a later report still counts.",
    question: (size) => `Abandon ${size}?`,
  },
  resend: {
    button: (size) => `Send ${size} again`,
    consequence: "If Uber queued them, their recipients get a second message.",
    question: (size) => `Send ${size} again?`,
  },
};

const ORDER = ["queued", "abandon", "resend"] as const satisfies JobDecision[];

/** `all 2,100 codes`, `500 codes` */
export const inWords = ({ batch, size }: Scope): string =>
  `${batch === "all" ? "all " : ""}${codes(size)}`;

interface Props {
  scope: Scope;
  settling: JobDetail["settling"];
  /** Whether one of them is under way. */
  isBusy: boolean;
  onChoose(decision: JobDecision): void;
}

export function Decisions({ scope, settling, isBusy, onChoose }: Props) {
  const now = useNow(1_000);
  // The worker would refuse it earlier too.
  const early = settling === null || settling.isOpen ? null : opens(settling, now);
  return (
    <div class="choices">
      {ORDER.map((decision) => (
        <div key={decision} class="choice">
          <ActionButton
            class={`button-small ${decision === "resend" ? "button-danger" : ""}`}
            isBusy={isBusy}
            blocked={decision === "resend" ? early : null}
            onClick={() => onChoose(decision)}
          >
            {DECISIONS[decision].button(inWords(scope))}
          </ActionButton>
          <span class="quiet">
            {DECISIONS[decision].consequence}
            {decision === "resend" && early !== null && ` ${early}`}
          </span>
        </div>
      ))}
    </div>
  );
}

interface AskProps {
  decision: JobDecision;
  scope: Scope;
  job: JobDetail;
  /** The reason, which may be empty; `null` if the admin cancels. */
  onAnswer(reason: string | null): void;
}

export function Ask({ decision, scope, job, onAnswer }: AskProps) {
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const { question, consequence, button } = DECISIONS[decision];
  const { pending } = job.progress;
  const isResend = decision === "resend";
  // The typed number is compared with the current one, because reports may have arrived meanwhile.
  const isTyped = !isResend || Number(typed.replaceAll(/[^\d]/g, "") || Number.NaN) === scope.size;
  return (
    <Modal labelledBy="decide-title" describedBy="decide-text" onClose={() => onAnswer(null)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isTyped) onAnswer(reason);
        }}
      >
        <h2 id="decide-title">{question(inWords(scope))}</h2>
        <p id="decide-text">
          {consequence}
          {isResend &&
            pending > 0 &&
            job.status !== "running" &&
            ` Sending continues: the ${codes(pending)} that ${verb(pending, "is", "are")} pending ${verb(pending, "is", "are")} sent too.`}
        </p>
        {isResend && (
          <label class="typed typed-number">
            <span>
              Type <b>{number(scope.size)}</b>, the number of codes that may arrive a second time
            </span>
            <input
              inputMode="numeric"
              autocomplete="off"
              value={typed}
              onInput={({ currentTarget }) => setTyped(currentTarget.value)}
            />
          </label>
        )}
        <ReasonField value={reason} onChange={setReason} />
        <div class="dialog-actions">
          <button type="button" class="button" onClick={() => onAnswer(null)}>
            Cancel
          </button>
          <ActionButton
            class={isResend ? "button-danger-strong" : "button-strong"}
            blocked={isTyped ? null : `First type the number ${number(scope.size)}.`}
            onClick={() => onAnswer(reason)}
          >
            {button(inWords(scope))}
          </ActionButton>
        </div>
      </form>
    </Modal>
  );
}
