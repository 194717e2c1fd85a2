/** Asks before a key sends codes: a key is pressed by mistake more easily than a button. */
import { codes } from "../format.js";
import { ActionButton } from "../parts/action-button.js";
import { Modal } from "../parts/modal.js";
import type { JobDetail } from "../server/types.js";
import { isAfterFirst } from "../words.js";
import { leavingInWords } from "./codes-to-send.js";

interface Props {
  job: JobDetail;
  onClose(): void;
  onResume(): void;
}

export function ResumeQuestion({ job, onClose, onResume }: Props) {
  const open = job.progress.pending + job.progress.sending;
  return (
    <Modal labelledBy="resume-title" describedBy="resume-text" onClose={onClose}>
      <h2 id="resume-title">
        {open === 0 ? "Resume this job?" : `Distribute ${leavingInWords(job)}?`}
      </h2>
      <p id="resume-text">
        {isAfterFirst(job)
          ? `The first codes have been sent. Now the other ${codes(open)} are sent, at once.`
          : open === 0
            ? "Nothing is left to send."
            : "They are sent at once: there is no other start window in which this can be cancelled."}
      </p>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          Not now
        </button>
        <ActionButton
          class="button-strong"
          onClick={() => {
            onClose();
            onResume();
          }}
        >
          {open === 0 ? "Resume" : `Resume: distribute ${leavingInWords(job)}`}
        </ActionButton>
      </div>
    </Modal>
  );
}
