/** The jobs of all programs, newest first: filtered by state, searched, and as a file. */
import { useMemo, useState } from "preact/hooks";

import { explainReading } from "../explain.js";
import { JobList, JobListSkeleton } from "../parts/job-list.js";
import { Fault, Unread } from "../parts/small.js";
import { useAction } from "../parts/use-action.js";
import { type Part, useOlder } from "../parts/use-older.js";
import { useNamed, useNames } from "../server/programs.js";
import { getJson } from "../server/request.js";
import { useResource } from "../server/resource.js";
import { type JobPage, type JobStatus, type JobSummary, LIMITS } from "../server/types.js";
import { download, toCsv } from "../spreadsheet.js";
import { ListFoot } from "./list-foot.js";
import { STATES, jobWord } from "../words.js";
import { iso } from "../format.js";

const PAGE = 50;
const EVERY_MS = 5_000;

/** The states for the filter, in an admin's words; `null`: not offered. */
const LABELS: Record<JobStatus, string | null> = {
  creating: null,
  held: null,
  unapproved: "Needs approval",
  scheduled: "About to start",
  running: "Running",
  paused: "Paused",
  halted: "Halted",
  undecided: "Needs a decision",
  finished: "Ended",
  cancelled: "Cancelled",
  expired: "Expired",
  unreadable: "Can’t be read",
  dropped: "Dropped",
};

type Jobs = Part<JobSummary, JobSummary>;

/** The next page starts after the last entry of this one. */
const partOf = ({ jobs }: JobPage, limit = PAGE): Jobs => ({
  items: jobs,
  next: jobs.length < limit ? null : (jobs.at(-1) ?? null),
});

const pathOf = (filter: Record<string, string>, limit: number, after: JobSummary | null): string =>
  `/api/jobs?${new URLSearchParams({
    limit: String(limit),
    ...(after && { before: String(after.createdAt), beforeId: after.id }),
    ...filter,
  })}`;

export function JobHistory({ find }: { find: string }) {
  const [status, setStatus] = useState<JobStatus | "">("");
  const named = useNamed(find);
  const filter = { ...(find !== "" && { find, ...named }), ...(status !== "" && { status }) };
  return (
    <>
      <label class="history-state">
        <span class="visually-hidden">State of the jobs</span>
        <select
          value={status}
          onChange={({ currentTarget }) => setStatus(currentTarget.value as JobStatus | "")}
        >
          <option value="">Every state</option>
          {Object.entries(LABELS)
            .filter(([, label]) => label !== null)
            .map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
        </select>
      </label>
      <Found key={JSON.stringify(filter)} filter={filter} />
    </>
  );
}

function Found({ filter }: { filter: Record<string, string> }) {
  const { value, problem, reload } = useResource<JobPage>(pathOf(filter, PAGE, null), {
    everyMs: EVERY_MS,
  });
  const nameOf = useNames();
  const newest = useMemo(() => value && partOf(value), [value]);
  const { items: jobs, ...older } = useOlder(newest, async (last: JobSummary) =>
    partOf(await getJson<JobPage>(pathOf(filter, PAGE, last))),
  );
  const saving = useAction();
  const save = async () => {
    const all = await readAll(filter);
    download(
      toCsv(
        HEADER,
        all.map((job) => rowOf(job, nameOf)),
      ),
      "jobs.csv",
    );
  };
  const failed = older.problem ?? saving.problem;
  const isFiltered = Object.keys(filter).length > 0;

  return (
    <>
      {value === null && problem === null && <JobListSkeleton />}
      {value === null && problem !== null && (
        <Unread what="The history" explained={explainReading(problem)} onAgain={reload} />
      )}
      {newest?.items.length === 0 && jobs.length === 0 && (
        <div class="card blank">
          <p class="blank-title">{isFiltered ? "No job matches" : "No jobs yet"}</p>
          <p>
            {isFiltered
              ? "The search looks at a job’s name, note and id, and at its program’s name and id."
              : "Choose a program and distribute some of its codes. The jobs are listed here."}
          </p>
        </div>
      )}
      {jobs.length > 0 && <JobList jobs={jobs} programName={nameOf} />}
      {failed && <Fault explained={explainReading(failed)} />}
      {jobs.length > 0 && (
        <ListFoot
          older={older}
          olderLabel="Show older jobs"
          isSaving={saving.isBusy}
          saveLabel={isFiltered ? "Search results as CSV" : "All jobs as CSV"}
          onSave={() => saving.act(save)}
        />
      )}
    </>
  );
}

async function readAll(filter: Record<string, string>): Promise<JobSummary[]> {
  const all: JobSummary[] = [];
  for (let after: JobSummary | null = null; ;) {
    const page: JobPage = await getJson(pathOf(filter, LIMITS.rowsPerPage, after));
    all.push(...page.jobs);
    const { next } = partOf(page, LIMITS.rowsPerPage);
    if (next === null) return all;
    after = next;
  }
}

const HEADER = [
  "created",
  "program",
  "name",
  "note",
  "by",
  "state",
  "codes",
  "sent_again",
  ...STATES,
  "ended",
  "program_id",
  "job",
];

function rowOf(job: JobSummary, nameOf: (programId: string) => string): (string | number)[] {
  const { createdAt, programId, name, note, by, status, progress, resent, finishedAt, id } = job;
  return [
    iso(createdAt),
    nameOf(programId),
    name,
    note ?? "",
    by,
    jobWord(status, progress).word,
    progress.total,
    resent,
    ...STATES.map((state) => progress[state]),
    finishedAt === null ? "" : iso(finishedAt),
    programId,
    id,
  ];
}
