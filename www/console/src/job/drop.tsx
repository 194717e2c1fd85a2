/** Drops an unreadable job, after a second confirmation. */
import { useState } from "preact/hooks";

import { codes } from "../format.js";
import { ActionButton } from "../parts/action-button.js";
import { Modal } from "../parts/modal.js";
import type { JobDetail } from "../server/types.js";
import { ReasonField } from "./reason-field.js";

export function Drop({ job, onDrop }: { job: JobDetail; onDrop(reason: string): void }) {
  const [isAsking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const close = () => setAsking(false);
  return (
    <>
      <ActionButton onClick={() => setAsking(true)}>Drop this job</ActionButton>
      {isAsking && (
        <Modal labelledBy="drop-title" describedBy="drop-text" onClose={close}>
          <h2 id="drop-title">Drop this job?</h2>
          <p id="drop-text">
            Its journal is deleted. Its {codes(job.progress.total)} stay unknown, unless Uber
            reports them. Download the journal first.
          </p>
          <ReasonField value={reason} onChange={setReason} />
          <div class="dialog-actions">
            <button type="button" class="button" onClick={close}>
              Cancel
            </button>
            <ActionButton
              class="button-strong"
              onClick={() => {
                close();
                onDrop(reason);
              }}
            >
              Drop this job
            </ActionButton>
          </div>
        </Modal>
      )}
    </>
  );
}
