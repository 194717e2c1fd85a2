/** Jobs, newest first: who started what, when, and its state. */
import { codes, count, number } from "../format.js";
import { Link, paths } from "../router.js";
import type { JobSummary } from "../server/types.js";
import { STATES } from "../words.js";
import { ChevronIcon } from "./icons.js";
import { Ago, JobPill } from "./small.js";
import { StateBar } from "./state-bar.js";

interface Props {
  jobs: readonly JobSummary[];
  /** Whether the jobs are of more than one program. */
  programName?: (programId: string) => string;
}

export function JobList({ jobs, programName }: Props) {
  const groups = new Map<string, number>();
  for (const { group } of jobs) if (group) groups.set(group, (groups.get(group) ?? 0) + 1);
  return (
    <ul class="card jobs">
      {jobs.map((job) => (
        <li key={job.id}>
          <Link to={paths.job(job.programId, job.id)} class="job">
            <span class="job-name">
              <b dir="auto">{programName ? programName(job.programId) : sourceOf(job)}</b>
              <span class="quiet">
                {programName && `${sourceOf(job)} · `}
                {codes(job.progress.total)}
                {job.resent > 0 && ` · ${number(job.resent)} sent again`}
                {job.group && ` · one of ${count(groups.get(job.group) ?? 1, "job")} of one file`}
              </span>
            </span>
            <JobPill job={job} />
            <span class="job-figures">
              <StateBar progress={job.progress} isSmall />
              <span class="quiet">{inWords(job)}</span>
            </span>
            <span class="job-who quiet">
              <Ago ms={job.createdAt} />
              <span>by {job.by}</span>
            </span>
            <ChevronIcon />
          </Link>
        </li>
      ))}
    </ul>
  );
}

export const sourceOf = ({ name }: Pick<JobSummary, "name">): string => name;

/** `1,100 distributed, 54 queued`: the most frequent states. */
export function inWords({ progress }: Pick<JobSummary, "progress">): string {
  const shown = STATES.filter((state) => progress[state] > 0);
  const most = [...shown].sort((one, other) => progress[other] - progress[one]).slice(0, 3);
  // Codes that need a decision are never omitted.
  if (progress.unknown > 0 && !most.includes("unknown")) most[2] = "unknown";
  return most.map((state) => `${number(progress[state])} ${state}`).join(", ");
}

export function JobListSkeleton() {
  return (
    <ul class="card jobs" aria-busy="true" aria-label="The jobs are being read">
      {[0, 1, 2].map((row) => (
        <li key={row} class="job" aria-hidden="true">
          <span class="job-name">
            <b>
              <span class={`skeleton skeleton-name-${row}`} />
            </b>
            <span class="quiet">
              <span class="skeleton skeleton-id" />
            </span>
          </span>
          <span class="skeleton skeleton-pill" />
          <span class="skeleton skeleton-dates" />
          <span class="skeleton" />
          <span />
        </li>
      ))}
    </ul>
  );
}
