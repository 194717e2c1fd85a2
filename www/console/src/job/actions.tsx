/** What an operator can do with the whole job. */
import { announce } from "../announce.js";
import { useNow } from "../clock.js";
import { explainAction } from "../explain.js";
import { codes } from "../format.js";
import { DownloadIcon, PauseIcon, ResumeIcon } from "../parts/icons.js";
import { Fault } from "../parts/small.js";
import { useAction } from "../parts/use-action.js";
import { apiOfJob, dropJob, pauseJob, resumeJob } from "../server/jobs.js";
import type { JobDetail } from "../server/types.js";
import { hasList } from "../words.js";
import { Drop } from "./drop.js";

export function Actions({ job }: { job: JobDetail }) {
  const { id, programId, status, progress, waitingUntil } = job;
  const now = useNow(1_000);
  const { isBusy, problem, act } = useAction();
  const decide = (action: typeof pauseJob, said: string) => () =>
    act(async () => {
      await action(programId, id);
      announce(said);
    });
  const open = progress.pending + progress.sending;
  return (
    <div class="job-actions">
      <div class="page-tools">
        {status === "running" && (
          <button
            type="button"
            class="button"
            aria-disabled={isBusy}
            onClick={decide(pauseJob, "Pausing: nothing more leaves.")}
          >
            <PauseIcon /> Pause
          </button>
        )}
        {status === "running" && waitingUntil !== null && waitingUntil > now && (
          <button
            type="button"
            class="button"
            aria-disabled={isBusy}
            onClick={decide(resumeJob, "Trying now.")}
          >
            <ResumeIcon /> Try now
          </button>
        )}
        {(status === "paused" || status === "halted") && (
          <button
            type="button"
            class="button button-strong"
            aria-disabled={isBusy}
            onClick={decide(resumeJob, "Resumed.")}
          >
            <ResumeIcon /> {open > 0 ? `Resume: distribute ${codes(open)}` : "Resume"}
          </button>
        )}
        {status === "unreadable" && (
          <>
            <a class="button" href={`${apiOfJob(programId, id)}/journal`} download>
              <DownloadIcon /> Journal
            </a>
            <Drop job={job} onDrop={decide(dropJob, "Dropped.")} />
          </>
        )}
        {hasList(status) && (
          <a class="button" href={`${apiOfJob(programId, id)}/results.csv`} download>
            <DownloadIcon /> {codes(progress.total)} as CSV
          </a>
        )}
      </div>
      {problem && <Fault explained={explainAction(problem)} />}
    </div>
  );
}
