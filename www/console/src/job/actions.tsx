/** What an operator can do with the whole job. */
import { useRef } from "preact/hooks";

import { announce } from "../announce.js";
import { useNow } from "../clock.js";
import { explainAction } from "../explain.js";
import { codes } from "../format.js";
import { useKey } from "../frame/keys.js";
import { ActionButton, useBlocked } from "../parts/action-button.js";
import { DownloadIcon, PauseIcon, ResumeIcon } from "../parts/icons.js";
import { Fault } from "../parts/small.js";
import { useAction } from "../parts/use-action.js";
import { apiOfJob, dropJob, pauseJob, resumeJob } from "../server/jobs.js";
import type { JobDetail } from "../server/types.js";
import { hasList, isAfterFirst } from "../words.js";
import { leavingInWords } from "./leaving.js";
import { Drop } from "./drop.js";

/** What is called, and what is said once that was taken. */
const ACTS = {
  pause: [pauseJob, "Pausing: nothing more leaves."],
  resume: [resumeJob, "Resumed."],
  retry: [resumeJob, "Trying now."],
  drop: [dropJob, "Dropped."],
} as const;

export function Actions({ job }: { job: JobDetail }) {
  const { id, programId, status, progress, waitingUntil } = job;
  const now = useNow(1_000);
  const blocked = useBlocked();
  const { isBusy, problem, last, act } = useAction<keyof typeof ACTS>();
  const start = (action: keyof typeof ACTS, reason = "") =>
    act(async () => {
      const [call, said] = ACTS[action];
      await call(programId, id, reason);
      announce(said);
    }, action);
  const results = useRef<HTMLAnchorElement>(null);
  useKey("p", () => status === "running" && !blocked && start("pause"));
  useKey("r", () => status === "paused" && !blocked && start("resume"));
  useKey("d", () => results.current?.click());
  const open = progress.pending + progress.sending;
  return (
    <div class="job-actions">
      <div class="page-tools">
        {status === "running" && (
          <ActionButton isBusy={isBusy} onClick={() => start("pause")}>
            <PauseIcon /> Pause
          </ActionButton>
        )}
        {status === "running" && (waitingUntil ?? 0) > now && (
          <ActionButton isBusy={isBusy} onClick={() => start("retry")}>
            <ResumeIcon /> Try now
          </ActionButton>
        )}
        {status === "paused" && !isAfterFirst(job) && (
          <ActionButton class="button-strong" isBusy={isBusy} onClick={() => start("resume")}>
            <ResumeIcon /> {open > 0 ? `Resume: distribute ${leavingInWords(job)}` : "Resume"}
          </ActionButton>
        )}
        {status === "unreadable" && (
          <>
            <a class="button" href={`${apiOfJob(programId, id)}/journal`} download>
              <DownloadIcon /> Journal
            </a>
            <Drop job={job} onDrop={(reason) => start("drop", reason)} />
          </>
        )}
        {hasList(status) && (
          <a ref={results} class="button" href={`${apiOfJob(programId, id)}/results.csv`} download>
            <DownloadIcon /> {codes(progress.total)} as CSV
          </a>
        )}
      </div>
      {blocked && <p class="quiet job-blocked">{blocked}</p>}
      {problem && <Fault explained={explainAction(problem, last ?? "resume")} />}
    </div>
  );
}
