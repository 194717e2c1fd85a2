/** Ends a job that has stopped: cancels it if it has sent nothing, else abandons what is pending. */
import { useState } from "preact/hooks";

import { codes, number, verb } from "../format.js";
import { ActionButton } from "../parts/action-button.js";
import { Modal } from "../parts/modal.js";
import { useConfig } from "../server/config.js";
import type { JobDetail } from "../server/types.js";
import { ReasonField } from "./reason-field.js";

interface Props {
  job: JobDetail;
  isBusy: boolean;
  onEnd(action: "cancel" | "abandon", reason: string): void;
}

export function EndJob({ job: { status, progress }, isBusy, onEnd }: Props) {
  const [isAsking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const close = () => setAsking(false);
  const { pending, sending, requests, total } = progress;
  const isWhole = requests === 0 && pending === total;
  // While everything is paused, a job that has begun may still have sent nothing.
  const isHeld = useConfig()?.paused === true && status === "running" && isWhole;
  const isStopped = status === "paused" || status === "halted" || isHeld;
  if (!isStopped || pending === 0 || sending > 0) return null;
  const what = isWhole ? "Cancel: send nothing" : `End it: never send ${codes(pending)}`;
  return (
    <>
      <ActionButton isBusy={isBusy} onClick={() => setAsking(true)}>
        {what}
      </ActionButton>
      {isAsking && (
        <Modal labelledBy="end-title" describedBy="end-text" onClose={close}>
          <h2 id="end-title">
            {isWhole ? "Cancel this job?" : `End this job without ${codes(pending)}?`}
          </h2>
          <p id="end-text">
            {isWhole
              ? `It has sent nothing, and never will. Its ${codes(total)} ${verb(total, "is", "are")} free for another distribution.`
              : `What was sent stays sent: ${number(total - pending)} of ${codes(total)}. This job never sends the ${codes(pending)} that ${verb(pending, "is", "are")} pending; another one can. This can’t be undone.`}
          </p>
          <ReasonField value={reason} onChange={setReason} />
          <div class="dialog-actions">
            <button type="button" class="button" onClick={close}>
              Not now
            </button>
            <ActionButton
              class="button-danger"
              onClick={() => {
                close();
                onEnd(isWhole ? "cancel" : "abandon", reason);
              }}
            >
              {what}
            </ActionButton>
          </div>
        </Modal>
      )}
    </>
  );
}
