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
  const older = useOlder();
  useEffect(() => {
    document.title = "History · Vouchers";
  }, []);

  const newest = value?.jobs ?? [];
  const known = new Set(newest.map(({ id }) => id));
  const jobs = [...newest, ...older.jobs.filter(({ id }) => !known.has(id))];
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
      {last && newest.length === PAGE && !older.isEnd && (
        <p class="foot">
          <button
            type="button"
            class="button"
            aria-disabled={older.isBusy}
            onClick={() => older.load(last.createdAt)}
          >
            Show older jobs
          </button>
        </p>
      )}
    </div>
  );
}

/** What comes after the first page. */
function useOlder() {
  const [jobs, setJobs] = useState<JobSummary[]>([]);
  const [isEnd, setEnd] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<WorkerError | null>(null);
  const load = async (before: number) => {
    if (isBusy) return;
    setBusy(true);
    setProblem(null);
    try {
      const page = await getJson<Page>(`/api/jobs?limit=${PAGE}&before=${before}`);
      setJobs((known) => [...known, ...page.jobs]);
      setEnd(page.jobs.length < PAGE);
    } catch (error) {
      setProblem(toWorkerError(error));
    }
    setBusy(false);
  };
  return { jobs, isEnd, isBusy, problem, load: (before: number) => void load(before) };
}
