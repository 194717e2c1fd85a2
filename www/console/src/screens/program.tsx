/** One program: its jobs, its codes, and the ways to distribute them. */
import { useEffect, useState } from "preact/hooks";

import { announce } from "../announce.js";
import { DropTarget } from "../distribution/drop-zone.js";
import { explainReading } from "../explain.js";
import { useKey } from "../frame/keys.js";
import { codes, count, dates } from "../format.js";
import { stashList } from "../lists/list-transfer.js";
import { money, mostOf } from "../money.js";
import { Crumbs } from "../parts/crumbs.js";
import { JobList, JobListSkeleton } from "../parts/job-list.js";
import { Callout, Copy, ProgramStatus, ProgramTitle, Unread } from "../parts/small.js";
import { Codes } from "../program/codes.js";
import { Link, navigate, paths } from "../router.js";
import { apiOf, useProgram } from "../server/programs.js";
import { useResource } from "../server/resource.js";
import type {
  JobPage,
  JobSummary,
  Program as ProgramSummary,
  VoucherProgram,
} from "../server/types.js";

const FIRST_JOBS = 3;
const EVERY_MS = 5_000;

export function Program({ programId }: { programId: string }) {
  const { program, name, isLoading, isMissing } = useProgram(programId);
  const jobs = useResource<JobPage>(`${apiOf(programId)}/jobs`, {
    everyMs: EVERY_MS,
  });
  useEffect(() => {
    document.title = `${name} · Vouchers`;
  }, [name]);
  useKey("n", () => navigate(paths.new(programId)));

  return (
    <div class="page">
      <Crumbs>{name}</Crumbs>
      <div class="page-head">
        <div>
          <ProgramTitle name={name} isLoading={isLoading} />
          <p class="facts">
            {program && (
              <>
                <ProgramStatus status={program.status} />
                <span>{dates(program.startsAt, program.endsAt)}</span>
                <Money program={program} />
                <span class="facts-id">
                  <code>{programId}</code> <Copy text={programId} label="Copy the program’s id" />
                </span>
              </>
            )}
          </p>
        </div>
        <div class="page-tools">
          <Link to={paths.everybody(programId)} class="button">
            Everybody…
          </Link>
          <Link to={paths.new(programId)} class="button button-strong">
            New distribution
          </Link>
        </div>
      </div>
      {isMissing && (
        <Callout tone="unknown" title="This program is not among those of your organization">
          <p>
            Uber will probably refuse a list for it. <Link to={paths.programs}>Choose another</Link>
            .
          </p>
        </Callout>
      )}
      <DropTarget
        whose={name}
        onBlob={(input, source) => {
          stashList(programId, { input, source });
          navigate(paths.new(programId));
        }}
        onRefuse={announce}
      />
      {jobs.value === null && jobs.problem !== null ? (
        <Unread what="The jobs" explained={explainReading(jobs.problem)} onAgain={jobs.reload} />
      ) : (
        <Jobs jobs={jobs.value?.jobs ?? null} />
      )}
      <Codes programId={programId} jobs={jobs.value?.jobs ?? []} />
    </div>
  );
}

/** The most that it can cost, and how much was used. */
function Money({ program }: { program: ProgramSummary }) {
  const { value } = useResource<VoucherProgram>(apiOf(program.id), { isThrottled: true });
  const most = mostOf(program);
  const used = value && money(value.usageAmount, value.usageAmountCurrency ?? value.currencyCode);
  if (most === null && !used) return null;
  return (
    <span>
      {[most && `At most ${most}`, used && `${used} used so far`].filter(Boolean).join(" · ")}
    </span>
  );
}

function Jobs({ jobs }: { jobs: readonly JobSummary[] | null }) {
  const [isWhole, setWhole] = useState(false);
  if (jobs === null) {
    return (
      <section class="section" aria-label="Jobs">
        <JobListSkeleton />
      </section>
    );
  }
  if (jobs.length === 0) {
    return (
      <p class="section quiet">
        No job has distributed any of its codes yet. Drop a file in <b>New distribution</b>, or
        select codes below.
      </p>
    );
  }
  const shown = isWhole ? jobs : jobs.slice(0, FIRST_JOBS);
  const unknown = jobs.reduce((sum, { progress }) => sum + progress.unknown, 0);
  return (
    <section class="section" aria-labelledby="jobs-title">
      <h2 id="jobs-title">
        Jobs <span class="quiet">{jobs.length}</span>
        {unknown > 0 && <span class="section-note">{codes(unknown)} wait for a decision</span>}
      </h2>
      <JobList jobs={shown} />
      {jobs.length > FIRST_JOBS && (
        <button
          type="button"
          class="link section-more"
          aria-expanded={isWhole}
          onClick={() => setWhole(!isWhole)}
        >
          {isWhole ? "Show the newest" : `Show all ${count(jobs.length, "job")}`}
        </button>
      )}
    </section>
  );
}
