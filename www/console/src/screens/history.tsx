/** History over all programs: who started what, when, and how it ended. */
import { useEffect, useMemo } from "preact/hooks";

import { explainReading } from "../explain.js";
import { JobList, JobListBones } from "../parts/job-list.js";
import { Fault, Unread } from "../parts/small.js";
import { type Part, useOlder } from "../parts/use-older.js";
import { useNames } from "../server/programs.js";
import { getJson } from "../server/request.js";
import { useResource } from "../server/resource.js";
import type { JobSummary } from "../server/types.js";

const PAGE = 50;
const EVERY_MS = 5_000;

interface Page {
  jobs: JobSummary[];
}

type Jobs = Part<JobSummary, JobSummary>;

/** The next part begins after the last of this one. */
const partOf = ({ jobs }: Page): Jobs => ({
  items: jobs,
  next: jobs.length < PAGE ? null : (jobs.at(-1) ?? null),
});

async function readOlder({ createdAt, id }: JobSummary): Promise<Jobs> {
  const query = new URLSearchParams({
    limit: String(PAGE),
    before: String(createdAt),
    beforeId: id,
  });
  return partOf(await getJson<Page>(`/api/jobs?${query}`));
}

export function History() {
  const { value, problem, reload } = useResource<Page>(`/api/jobs?limit=${PAGE}`, {
    everyMs: EVERY_MS,
  });
  const nameOf = useNames();
  const newest = useMemo(() => value && partOf(value), [value]);
  const { items: jobs, ...older } = useOlder(newest, readOlder);
  useEffect(() => {
    document.title = "History · Vouchers";
  }, []);

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
      {newest?.items.length === 0 && jobs.length === 0 && (
        <div class="card blank">
          <p class="blank-title">No jobs yet</p>
          <p>
            Choose a program and distribute some of its codes. What becomes of them stands here.
          </p>
        </div>
      )}
      {jobs.length > 0 && <JobList jobs={jobs} programName={nameOf} />}
      {older.problem && <Fault explained={explainReading(older.problem)} />}
      {older.hasMore && (
        <p class="foot">
          <button type="button" class="button" aria-disabled={older.isBusy} onClick={older.load}>
            Show older jobs
          </button>
        </p>
      )}
    </div>
  );
}
