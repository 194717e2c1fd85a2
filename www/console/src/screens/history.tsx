/** History over all programs: who started what, when, and how it ended. */
import { useEffect, useState } from "preact/hooks";

import { explainReading } from "../explain.js";
import { JobList, JobListBones } from "../parts/job-list.js";
import { Fault, Unread } from "../parts/small.js";
import { type WorkerError, toWorkerError } from "../server/error.js";
import { useNames } from "../server/programs.js";
import { getJson } from "../server/request.js";
import { useResource } from "../server/resource.js";
import type { JobSummary } from "../server/types.js";

const PAGE = 50;
const EVERY_MS = 5_000;

interface Page {
  jobs: JobSummary[];
}

export function History() {
  const { value, problem, reload } = useResource<Page>(`/api/jobs?limit=${PAGE}`, {
    everyMs: EVERY_MS,
  });
  const nameOf = useNames();
  const { jobs, ...older } = useSeen(value?.jobs);
  useEffect(() => {
    document.title = "History · Vouchers";
  }, []);

  const last = jobs.at(-1);
  return (
    <div class="page">
      <div class="page-head">
        <div>
          <h1>History</h1>
          <p class="lead">Every job of every program, the newest first.</p>
        </div>
      </div>
      {value === null && problem === null && <JobListBones />}
      {value === null && problem !== null && (
        <Unread what="The history" explained={explainReading(problem)} onAgain={reload} />
      )}
      {value !== null && jobs.length === 0 && (
        <div class="card blank">
          <p class="blank-title">No jobs yet</p>
          <p>
            Choose a program and distribute some of its codes. What becomes of them stands here.
          </p>
        </div>
      )}
      {jobs.length > 0 && <JobList jobs={jobs} programName={nameOf} />}
      {older.problem && <Fault explained={explainReading(older.problem)} />}
      {last && jobs.length >= PAGE && !older.isEnd && (
        <p class="foot">
          <button
            type="button"
            class="button"
            aria-disabled={older.isBusy}
            onClick={() => older.load(last)}
          >
            Show older jobs
          </button>
        </p>
      )}
    </div>
  );
}

/**
 * All jobs that were read, the newest first: what new ones have pushed out of the
 * first page is still there.
 */
function useSeen(newest: JobSummary[] | undefined) {
  const [jobs, setJobs] = useState<JobSummary[]>([]);
  const [isEnd, setEnd] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<WorkerError | null>(null);
  useEffect(() => {
    if (newest === undefined) return;
    setJobs((known) => {
      const ids = new Set(known.map(({ id }) => id));
      // So many came that there may be others between: they are read again from here on.
      const hasGap = newest.length === PAGE && !newest.some(({ id }) => ids.has(id));
      if (hasGap) setEnd(false);
      return merged(hasGap ? [] : known, newest);
    });
  }, [newest]);
  const load = async (last: JobSummary) => {
    if (isBusy) return;
    setBusy(true);
    setProblem(null);
    try {
      const query = new URLSearchParams({
        limit: String(PAGE),
        before: String(last.createdAt),
        beforeId: last.id,
      });
      const page = await getJson<Page>(`/api/jobs?${query}`);
      setJobs((known) => merged(known, page.jobs));
      setEnd(page.jobs.length < PAGE);
    } catch (error) {
      setProblem(toWorkerError(error));
    }
    setBusy(false);
  };
  return { jobs, isEnd, isBusy, problem, load: (last: JobSummary) => void load(last) };
}

/** Both, in the order of the worker: by time, and of the same moment by id. */
function merged(known: readonly JobSummary[], read: readonly JobSummary[]): JobSummary[] {
  const byId = new Map([...known, ...read].map((job) => [job.id, job]));
  return [...byId.values()].sort(
    (one, other) => other.createdAt - one.createdAt || (one.id < other.id ? 1 : -1),
  );
}
