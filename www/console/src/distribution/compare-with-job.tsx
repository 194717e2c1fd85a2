/** Compares a list with an earlier job: how many of its codes that job has not sent yet. */
import type { CodeList } from "uber-vouchers";
import { useState } from "preact/hooks";

import { explainReading } from "../explain.js";
import { codes, number, shortDateTime } from "../format.js";
import { type Comparable, useCheck } from "../lists/check.js";
import { linesOf } from "../lists/lines.js";
import { forEachInSlices } from "../slices.js";
import { useBlocked } from "../parts/action-button.js";
import { sourceOf } from "../parts/job-list.js";
import { Fault } from "../parts/small.js";
import { useAction } from "../parts/use-action.js";
import type { Again } from "../server/jobs.js";
import { apiOf } from "../server/programs.js";
import { useResource } from "../server/resource.js";
import type { JobPage } from "../server/types.js";
import { worker } from "../server/worker.js";
import { hasList } from "../statuses.js";
import { type State } from "../words.js";
import { isUndecided, leavingIf } from "./list-decisions.js";

/** Codes that were sent, or may have been. */
const ON_ITS_WAY = new Set<State>(["sending", "queued", "distributed", "unknown"]);

interface Props {
  programId: string;
  list: CodeList;
  /** The decision about codes in earlier jobs. */
  again: Again;
  round: number;
  onRead(list: Blob): void;
}

export function CompareWithJob({ programId, list, again, round, onRead }: Props) {
  const jobs = useResource<JobPage>(`${apiOf(programId)}/jobs`).value?.jobs ?? [];
  const [notYet, setNotYet] = useState<Comparable | null>(null);
  const check = useCheck(programId, notYet, round);
  const { isBusy, problem, act } = useAction();
  const blocked = useBlocked();
  const readable = jobs.filter(({ status }) => hasList(status) && status !== "cancelled");
  if (readable.length === 0) return null;
  const compare = async (jobId: string) => {
    setNotYet(null);
    if (jobId === "") return;
    const left = new Set<string>();
    await forEachInSlices(list, (code) => left.add(code));
    for await (const { code, state } of worker.results(programId, jobId)) {
      if (ON_ITS_WAY.has(state)) left.delete(code);
    }
    setNotYet({ input: await linesOf(left), programs: null, valid: left.size });
  };
  const isKnown = check.step === "checked" && !isUndecided({ check, decisions: { again } });
  return (
    <section class="card compare" aria-labelledby="compare-title">
      <h2 id="compare-title">Compare with a job</h2>
      <label>
        <span class="visually-hidden">The job</span>
        <select
          disabled={blocked !== null}
          {...(blocked === null ? {} : { title: blocked })}
          onChange={({ currentTarget }) => act(() => compare(currentTarget.value))}
        >
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
              {number(notYet.valid)} of these {number(list.size)} not yet
            </b>
            : that job has not sent them, or they failed.
          </>
        )}
      </p>
      {problem && <Fault explained={explainReading(problem)} />}
      {notYet !== null && notYet.valid > 0 && notYet.valid < list.size && (
        <button type="button" class="button button-small" onClick={() => onRead(notYet.input)}>
          Continue with these{isKnown && ` ${codes(leavingIf(check, again))}`}
        </button>
      )}
    </section>
  );
}
