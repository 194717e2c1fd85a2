/** The actions for a whole job. */
import { useRef, useState } from "preact/hooks";

import { announce } from "../announce.js";
import { useNow } from "../clock.js";
import { explainAction } from "../explain.js";
import { codes } from "../format.js";
import { useKey } from "../frame/keys.js";
import { isKeptOf } from "../lists/kept-file.js";
import { ActionButton, Download, useBlocked } from "../parts/action-button.js";
import { DownloadIcon, PauseIcon, ResumeIcon } from "../parts/icons.js";
import { focusMain } from "../parts/focus-main.js";
import { Fault } from "../parts/small.js";
import { useAction } from "../parts/use-action.js";
import { Link, paths } from "../router.js";
import { abandonJob, apiOfJob, cancelJob, dropJob, pauseJob, resumeJob } from "../server/jobs.js";
import type { JobDetail } from "../server/types.js";
import { hasList } from "../statuses.js";
import { isAfterFirst } from "../words.js";
import { leavingInWords } from "./codes-to-send.js";
import { Drop } from "./drop.js";
import { EndJob } from "./end-job.js";
import { ResumeQuestion } from "./resume-question.js";

/** The action, and the announcement once it has succeeded. */
const ACTS = {
  pause: [pauseJob, "Pausing: nothing more is sent."],
  resume: [resumeJob, "Resumed."],
  retry: [resumeJob, "Trying now."],
  drop: [dropJob, "Dropped."],
  cancel: [cancelJob, "Cancelled: nothing was sent."],
  abandon: [abandonJob, "Ended: what is pending is never sent."],
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
      focusMain();
    }, action);
  const results = useRef<HTMLAnchorElement>(null);
  useKey("p", () => status === "running" && !blocked && start("pause"));
  const [isAsking, setAsking] = useState(false);
  useKey("r", () => status === "paused" && !blocked && !isBusy && setAsking(true));
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
        <EndJob job={job} isBusy={isBusy} onEnd={start} />
        {status === "unreadable" && (
          <>
            <Download class="button" href={`${apiOfJob(programId, id)}/journal`}>
              <DownloadIcon /> Journal
            </Download>
            <Drop job={job} onDrop={(reason) => start("drop", reason)} />
          </>
        )}
        {status === "cancelled" && (
          <Link class="button" to={isKeptOf("several", job) ? paths.several : paths.new(programId)}>
            {isKeptOf("several", job) || isKeptOf(programId, job)
              ? "New distribution from its list"
              : "New distribution"}
          </Link>
        )}
        {hasList(status) && (
          <Download link={results} class="button" href={`${apiOfJob(programId, id)}/results.csv`}>
            <DownloadIcon /> {codes(progress.total)} as CSV
          </Download>
        )}
      </div>
      {isAsking && status === "paused" && (
        <ResumeQuestion
          job={job}
          onClose={() => setAsking(false)}
          onResume={() => start("resume")}
        />
      )}
      {blocked && <p class="quiet job-blocked">{blocked}</p>}
      {problem && <Fault explained={explainAction(problem, last ?? "resume")} />}
    </div>
  );
}
