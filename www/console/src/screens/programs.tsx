/** Programs: the way in. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { announce } from "../announce.js";
import { DropTarget } from "../distribution/drop-zone.js";
import { explainReading } from "../explain.js";
import { useKey } from "../frame/keys.js";
import { codes, count, dates, number, shortId } from "../format.js";
import { handOver } from "../lists/hand-over.js";
import { ChevronIcon } from "../parts/icons.js";
import { inWords } from "../parts/job-list.js";
import { matches } from "../parts/matches.js";
import { SearchField } from "../parts/search-field.js";
import { Ago, JobPill, ProgramStatus, Unread } from "../parts/small.js";
import { byRecentUse } from "../recent.js";
import { Link, navigate, paths } from "../router.js";
import { useConfig } from "../server/config.js";
import { useCodeSummary, usePrograms } from "../server/programs.js";
import type { JobSummary, Program } from "../server/types.js";

export function Programs() {
  const { value, problem, reload } = usePrograms();
  const config = useConfig();
  const programs = value?.programs ?? null;
  const [query, setQuery] = useState("");
  const list = useRef<HTMLDivElement>(null);

  useEffect(() => {
    document.title = "Programs · Vouchers";
  }, []);
  useKey("ArrowDown", () => move(list.current, 1));
  useKey("ArrowUp", () => move(list.current, -1));
  useKey("n", () => navigate(paths.several));

  const groups = useMemo(
    () => group(programs ?? [], config?.organizationId ?? "", query),
    [programs, config?.organizationId, query],
  );
  const shown = groups.reduce((sum, { items }) => sum + items.length, 0);
  const leave = (isEnter: boolean) => {
    const first = list.current?.querySelector<HTMLElement>("a.program");
    if (isEnter) first?.click();
    else first?.focus();
  };

  return (
    <div class="page">
      <div class="page-head">
        <div>
          <h1>Programs</h1>
          <p class="lead">Choose the program whose codes you want to distribute.</p>
        </div>
        <div class="page-tools">
          <SearchField
            label="Search the programs"
            placeholder="Search"
            value={query}
            onChange={setQuery}
            onLeave={leave}
          />
          <Link to={paths.several} class="button">
            One file, several programs
          </Link>
        </div>
      </div>

      <DropTarget
        whose="the programs it names"
        onBlob={(input, source) => {
          handOver("several", { input, source });
          navigate(paths.several);
        }}
        onRefuse={announce}
      />
      {programs === null && problem !== null && (
        <Unread what="The programs" explained={explainReading(problem)} onAgain={reload} />
      )}
      {programs === null && problem === null && <Bones />}
      {programs !== null && programs.length === 0 && <NoPrograms onAgain={reload} />}
      {programs !== null && programs.length > 0 && shown === 0 && (
        <div class="card blank">
          <p class="blank-title">No program matches “{query}”</p>
          <p>The search looks at names, statuses and ids.</p>
          <button type="button" class="button" onClick={() => setQuery("")}>
            Clear the search
          </button>
        </div>
      )}
      {shown > 0 && (
        <div class="card programs" ref={list}>
          <Head />
          {groups.map(({ title, items }) => (
            <section key={title} aria-label={title}>
              {groups.length > 1 && <h2 class="group-title">{title}</h2>}
              <ul>
                {items.map((program) => (
                  <Row key={program.id} program={program} />
                ))}
              </ul>
            </section>
          ))}
        </div>
      )}
      {programs !== null && programs.length > 0 && (
        <p class="foot">
          {query.trim() === ""
            ? count(programs.length, "program")
            : `${number(shown)} of ${count(programs.length, "program")}`}
        </p>
      )}
    </div>
  );
}

const Head = () => (
  <div class="program program-head" aria-hidden="true">
    <span>Program</span>
    <span>Status</span>
    <span>Codes</span>
    <span>Last job</span>
    <span />
  </div>
);

function Row({ program }: { program: Program }) {
  const { id, name, status, startsAt, endsAt, lastJob } = program;
  return (
    <li>
      <Link to={paths.program(id)} class="program">
        <span class="program-name">
          <b dir="auto">{name ?? "No name"}</b>
          <span class="quiet">
            <code title={id}>{shortId(id)}</code> · {dates(startsAt, endsAt)}
          </span>
        </span>
        <ProgramStatus status={status} />
        <span class="program-codes">
          <Codes programId={id} />
        </span>
        <span class="program-job">
          <LastJob job={lastJob} />
        </span>
        <ChevronIcon />
      </Link>
    </li>
  );
}

function Codes({ programId }: { programId: string }) {
  const { value, problem } = useCodeSummary(programId);
  if (value) {
    const { total, states } = value;
    return (
      <>
        <span>{codes(total)}</span>
        <span class="quiet">{number(states.none ?? 0)} in no job yet</span>
      </>
    );
  }
  if (problem) return <span title={`Not read: ${problem.message}.`}>–</span>;
  return <span class="bone bone-figure" />;
}

function LastJob({ job }: { job: JobSummary | null }) {
  if (job === null) return <span class="quiet">None yet</span>;
  return (
    <>
      <span>
        <JobPill job={job} />{" "}
        <span class="quiet">
          <Ago ms={job.createdAt} />
        </span>
      </span>
      <span class="quiet program-job-figures">{inWords(job)}</span>
    </>
  );
}

interface Group {
  title: string;
  items: Program[];
}

/** Those used last first; of the rest, as Uber lists them. */
function group(programs: Program[], organizationId: string, query: string): Group[] {
  const found = programs.filter(({ name, status, id }) => matches(query, [name, status, id]));
  const { recent, others } = byRecentUse(organizationId, found);
  return [
    { title: "Recently used", items: recent },
    { title: "All others", items: others },
  ].filter(({ items }) => items.length > 0);
}

function move(list: HTMLElement | null, step: 1 | -1): void {
  const links = [...(list?.querySelectorAll<HTMLElement>("a.program") ?? [])];
  const at = links.indexOf(document.activeElement as HTMLElement);
  const next = at === -1 ? (step === 1 ? 0 : links.length - 1) : at + step;
  links[Math.min(Math.max(next, 0), links.length - 1)]?.focus();
}

function Bones() {
  return (
    <div
      class="card programs"
      aria-busy="true"
      role="status"
      aria-label="The programs are being read"
    >
      <Head />
      <ul aria-hidden="true">
        {[1, 2, 3, 4, 5].map((row) => (
          <li key={row} class="program">
            <span class="program-name">
              <b>
                <span class={`bone bone-name-${row % 3}`} />
              </b>
              <span class="quiet">
                <span class="bone bone-dates" />
              </span>
            </span>
            <span class="bone bone-pill" />
            <span class="bone bone-figure" />
            <span class="bone bone-dates" />
            <span />
          </li>
        ))}
      </ul>
    </div>
  );
}

function NoPrograms({ onAgain }: { onAgain(): void }) {
  const config = useConfig();
  return (
    <div class="card blank">
      <p class="blank-title">No programs yet</p>
      <p>
        Create a voucher program at Uber for Business, or with the Vouchers API, and it appears
        here.
        {config?.environment === "uber" &&
          " To look around first, start this console without the UBER_ variables: it then runs on the sandbox."}
      </p>
      <button type="button" class="button" onClick={onAgain}>
        Look again
      </button>
    </div>
  );
}
