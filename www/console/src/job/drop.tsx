/** Lets a job go that can't be read, once somebody has said so twice. */
import { useState } from "preact/hooks";

import { codes } from "../format.js";
import { Modal } from "../parts/modal.js";
import type { JobDetail } from "../server/types.js";
import { Why } from "./why.js";

export function Drop({ job, onDrop }: { job: JobDetail; onDrop(reason: string): void }) {
  const [isAsking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const close = () => setAsking(false);
  return (
    <>
      <button type="button" class="button" onClick={() => setAsking(true)}>
        Drop this job
      </button>
      {isAsking && (
        <Modal labelledBy="drop-title" describedBy="drop-text" onClose={close}>
          <h2 id="drop-title">Drop this job?</h2>
          <p id="drop-text">
            Its journal is deleted. Its {codes(job.progress.total)} count as unknown for good,
            unless Uber reports them. Download the journal first.
          </p>
          <Why value={reason} onChange={setReason} />
          <div class="dialog-actions">
            <button type="button" class="button" onClick={close}>
              Cancel
            </button>
            <button
              type="button"
              class="button button-strong"
              onClick={() => {
                close();
                onDrop(reason);
              }}
            >
              Drop this job
            </button>
          </div>
        </Modal>
      )}
    </>
  );
}
