/** One job: its progress, the decisions that it needs, the state of each code. */
import { useEffect, useMemo, useRef } from "preact/hooks";

import { announce, announceProgress } from "../announce.js";
import { explainReading } from "../explain.js";
import { codes, number, timeOfDayExactly } from "../format.js";
import { Actions } from "../job/actions.js";
import { BeforeStart } from "../job/before-start.js";
import { Details } from "../job/details.js";
import { Done } from "../job/done.js";
import { Facts } from "../job/facts.js";
import { Figures } from "../job/figures.js";
import { FirstCodes } from "../job/first-codes.js";
import { Halted } from "../job/halted.js";
import { AskForNotices, useNotices } from "../job/notices.js";
import { Outcome } from "../job/outcome.js";
import { OverTime } from "../job/over-time.js";
import { Reasons } from "../job/reasons.js";
import { Rejected } from "../job/rejected.js";
import { Results } from "../job/results.js";
import { Sources } from "../job/sources.js";
import { Stopped } from "../job/stopped.js";
import { JobTitle } from "../job/title.js";
import { Unknown } from "../job/unknown.js";
import { Waiting } from "../job/waiting.js";
import { Crumbs } from "../parts/crumbs.js";
import { Ago, JobPill, TitleSkeleton, Unread } from "../parts/small.js";
import { StateBar } from "../parts/state-bar.js";
import { Link, paths } from "../router.js";
import { offlineSince } from "../server/connection.js";
import { useLiveJob } from "../server/live.js";
import { useProgram } from "../server/programs.js";
import { leaveWindow, useStartWindow } from "../server/start-window.js";
import type { JobDetail } from "../server/types.js";
import { useStore } from "../store.js";
import { hasList } from "../statuses.js";
import { hasLeft, jobWord } from "../words.js";

interface Props {
  programId: string;
  jobId: string;
}

export function Job({ programId, jobId }: Props) {
  const { name } = useProgram(programId);
  const { job: told, at, isConnected, error: problem } = useLiveJob(programId, jobId);
  const job = useWithWindow(told, jobId);
  useAnnounced(job);
  useNotices(job, jobId);
  useEffect(() => {
    document.title = `${job === null ? "" : `${inTitle(job)} · `}${name} · Vouchers`;
  }, [job, name]);

  return (
    <div class="page">
      <Crumbs program={[programId, name]}>Job {jobId.slice(0, 8)}</Crumbs>
      {job === null && problem === null && <Skeleton />}
      {job === null && problem?.status === 404 && (
        <div class="card blank">
          <p class="blank-title">There is no such job</p>
          <p>It may never have been created, or the address is incomplete.</p>
          <Link to={paths.program(programId)} class="button">
            See the program’s jobs
          </Link>
        </div>
      )}
      {job === null && problem !== null && problem.status !== 404 && (
        <Unread
          what="The job"
          explained={explainReading(problem)}
          onAgain={() => location.reload()}
        />
      )}
      {job !== null && (
        <>
          <Head job={job} at={at} isConnected={isConnected} />
          <section class="card figures-card" aria-label="Status">
            <Outcome job={job} />
            <StateBar progress={job.progress} />
            <Waiting job={job} />
            <Facts job={job} />
          </section>
          <BeforeStart job={job} />
          <FirstCodes job={job} />
          <Halted job={job} />
          <Stopped job={job} />
          <Unknown job={job} />
          <Rejected job={job} />
          <section class="card states-card" aria-label="States">
            <Figures job={job} />
          </section>
          <Sources job={job} />
          <div class="charts">
            <OverTime job={job} />
            <Reasons job={job} />
          </div>
          {hasList(job.status) && <Results job={job} isConnected={isConnected} />}
          <Done job={job} />
          <Details job={job} />
        </>
      )}
    </div>
  );
}

/** Shows a job that this page starts after a delay like one that the worker starts. */
function useWithWindow(job: JobDetail | null, jobId: string): JobDetail | null {
  const window = useStartWindow(jobId);
  const isOver =
    job !== null && (hasLeft(job) || (job.status !== "paused" && job.status !== "scheduled"));
  useEffect(() => {
    if (window !== null && isOver) leaveWindow(job);
  }, [window, isOver]);
  return useMemo(() => {
    if (job === null || window === null || window.isKept || isOver) return job;
    return { ...job, status: "scheduled", startsAt: window.startsAt };
  }, [job, window, isOver]);
}

/** The most important figure, in the title of the browser tab. */
function inTitle({ status, progress }: JobDetail): string {
  const { total, pending, sending, unknown } = progress;
  if (unknown > 0) return `${number(unknown)} unknown`;
  if (status !== "running") return jobWord(status, progress).word;
  return `${number(total - pending - sending)} of ${number(total)}`;
}

function Head({
  job,
  at,
  isConnected,
}: {
  job: JobDetail;
  at: number | null;
  isConnected: boolean;
}) {
  // Then the page shows once, at its top, how old the figures are.
  const isLost = useStore(offlineSince) !== null;
  return (
    <div class="page-head job-head">
      <div>
        <JobTitle key={job.id} job={job} />
        <p class="facts">
          <JobPill job={job} />
          <span>{codes(job.progress.total)}</span>
          <span>
            Created <Ago ms={job.createdAt} /> by {job.by}
            {job.approval && `, approved by ${job.approval.by}`}
          </span>
          <span class={isConnected ? "live is-live" : "live"}>
            {isConnected
              ? "Live"
              : at === null
                ? "Connecting"
                : isLost
                  ? "Disconnected"
                  : `Disconnected: figures from ${timeOfDayExactly(at)}`}
          </span>
        </p>
      </div>
      <div>
        <Actions job={job} />
        <AskForNotices job={job} />
      </div>
    </div>
  );
}

/** Announces changes: progress from time to time, needed decisions at once. */
function useAnnounced(job: JobDetail | null): void {
  const before = useRef<JobDetail | null>(null);
  useEffect(() => {
    const last = before.current;
    before.current = job;
    if (job === null || last === null) return;
    const { progress, status } = job;
    if (progress.unknown > last.progress.unknown) {
      announce(`${codes(progress.unknown)} unknown. They wait for your decision.`);
    } else if (status !== last.status) {
      const { word, sentence } = jobWord(status, progress);
      announce(`${word}. ${sentence}`);
    } else if (progress !== last.progress) {
      const { total, pending, queued, distributed, failed } = progress;
      announceProgress(
        `Of ${codes(total)}: ${number(pending)} pending, ${number(queued)} queued, ${number(distributed)} distributed, ${number(failed)} failed.`,
      );
    }
  }, [job]);
}

function Skeleton() {
  return (
    <div aria-busy="true" role="status" aria-label="The job is being read">
      <div class="page-head job-head">
        <div>
          <h1>
            <TitleSkeleton />
          </h1>
          <p class="facts">
            <span class="skeleton skeleton-dates" />
          </p>
        </div>
      </div>
      <div class="card figures-card figures-bones">
        <span class="bar" />
      </div>
    </div>
  );
}
