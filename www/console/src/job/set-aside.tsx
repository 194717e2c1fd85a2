/** A job that can't be read: why, and how to let it go. */
import { useState } from "preact/hooks";

import { announce } from "../announce.js";
import { explainAction, explainUnreadable } from "../explain.js";
import { codes } from "../format.js";
import { DownloadIcon } from "../parts/icons.js";
import { Modal } from "../parts/modal.js";
import { Fault } from "../parts/small.js";
import { apiOfJob, dropJob } from "../server/jobs.js";
import { type Problem, toProblem } from "../server/problem.js";
import type { JobDetail } from "../server/types.js";

export function SetAside({ job }: { job: JobDetail }) {
  const { id, programId, error, progress } = job;
  const [isAsking, setAsking] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const answer = async (isYes: boolean) => {
    setAsking(false);
    if (!isYes) return;
    setProblem(null);
    try {
      await dropJob(programId, id);
      announce("Dropped. Its codes count as unknown.");
    } catch (cause) {
      setProblem(toProblem(cause));
    }
  };
  return (
    <>
      {error && <Fault explained={explainUnreadable(error)} />}
      <div class="page-tools">
        <a class="button" href={`${apiOfJob(programId, id)}/journal`} download>
          <DownloadIcon /> Download the journal
        </a>
        <button type="button" class="button" onClick={() => setAsking(true)}>
          Drop this job
        </button>
      </div>
      {problem && <Fault explained={explainAction(problem)} />}
      {isAsking && (
        <Modal labelledBy="drop-title" describedBy="drop-text" onClose={() => void answer(false)}>
          <h2 id="drop-title">Drop this job?</h2>
          <p id="drop-text">
            Its journal is deleted. Its {codes(progress.total)} count as unknown for good, unless
            Uber reports them. Download the journal first.
          </p>
          <div class="dialog-actions">
            <button type="button" class="button" onClick={() => void answer(false)}>
              Cancel
            </button>
            <button type="button" class="button button-strong" onClick={() => void answer(true)}>
              Drop this job
            </button>
          </div>
        </Modal>
      )}
    </>
  );
}
