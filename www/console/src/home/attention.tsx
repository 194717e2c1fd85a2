/**
 * What needs an operator, at the top of the first screen: decisions, approvals, and running jobs.
 */
import { useId } from "preact/hooks";

import { number } from "../format.js";
import { JobList } from "../parts/job-list.js";
import { useOverview } from "../server/overview.js";
import { useNames } from "../server/programs.js";
import type { JobSummary } from "../server/types.js";

export function Attention() {
  const { value } = useOverview();
  const nameOf = useNames();
  if (value === null) return null;
  return (
    <>
      <Jobs title="Needs a decision" jobs={value.deciding} nameOf={nameOf} />
      <Jobs title="Waits for approval" jobs={value.unapproved} nameOf={nameOf} />
      <Jobs title="Running" jobs={value.running} nameOf={nameOf} />
    </>
  );
}

function Jobs({
  title,
  jobs,
  nameOf,
}: {
  title: string;
  jobs: readonly JobSummary[];
  nameOf(programId: string): string;
}) {
  const id = useId();
  if (jobs.length === 0) return null;
  return (
    <section class="section" aria-labelledby={id}>
      <h2 id={id}>
        {title} <span class="quiet">{number(jobs.length)}</span>
      </h2>
      <JobList jobs={jobs} programName={nameOf} />
    </section>
  );
}
