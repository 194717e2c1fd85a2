/** A list beside an earlier job: how many of its codes that job has not brought on their way yet. */
import type { CodeList } from "uber-vouchers";
import { useState } from "preact/hooks";

import { explainReading } from "../explain.js";
import { codes, number, shortDateTime } from "../format.js";
import { sourceOf } from "../parts/job-list.js";
import { Fault } from "../parts/small.js";
import { useAction } from "../parts/use-action.js";
import { apiOf } from "../server/programs.js";
import { useResource } from "../server/resource.js";
import type { JobSummary } from "../server/types.js";
import { worker } from "../server/worker.js";
import { type State, hasList } from "../words.js";

/** What has left, or may have. */
const ON_ITS_WAY = new Set<State>(["sending", "queued", "distributed", "unknown"]);

interface Props {
  programId: string;
  list: CodeList;
  onRead(list: Blob): void;
}

export function CompareWithJob({ programId, list, onRead }: Props) {
  const jobs = useResource<{ jobs: JobSummary[] }>(`${apiOf(programId)}/jobs`).value?.jobs ?? [];
  const [notYet, setNotYet] = useState<readonly string[] | null>(null);
  const { isBusy, problem, act } = useAction();
  const readable = jobs.filter(({ status }) => hasList(status) && status !== "cancelled");
  if (readable.length === 0) return null;
  const compare = async (jobId: string) => {
    setNotYet(null);
    if (jobId === "") return;
    const left = new Set(list);
    for await (const { code, state } of worker.results(programId, jobId)) {
      if (ON_ITS_WAY.has(state)) left.delete(code);
    }
    setNotYet([...left]);
  };
  return (
    <section class="card compare" aria-labelledby="compare-title">
      <h2 id="compare-title">Compare with a job</h2>
      <label>
        <span class="unseen">The job</span>
        <select onChange={({ currentTarget }) => act(() => compare(currentTarget.value))}>
          <option value="">Choose a job</option>
          {readable.map((job) => (
            <option key={job.id} value={job.id}>
              {sourceOf(job)}, {shortDateTime(job.createdAt)}, {codes(job.progress.total)}
            </option>
          ))}
        </select>
      </label>
      <p role="status">
        {isBusy && "Comparing."}
        {notYet !== null && (
          <>
            <b>
              {number(notYet.length)} of these {number(list.size)} not yet
            </b>
            : that job has not sent them, or they failed.
          </>
        )}
      </p>
      {problem && <Fault explained={explainReading(problem)} />}
      {notYet !== null && notYet.length > 0 && notYet.length < list.size && (
        <button
          type="button"
          class="button button-small"
          onClick={() => onRead(new Blob([notYet.join("\n")]))}
        >
          Go on with these {codes(notYet.length)}
        </button>
      )}
    </section>
  );
}
