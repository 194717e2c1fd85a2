/** The list of programs: the first screen. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { announce } from "../announce.js";
import { DropTarget } from "../distribution/drop-zone.js";
import { explainReading } from "../explain.js";
import { useKey } from "../frame/keys.js";
import { count, dates, number, shortId } from "../format.js";
import { Attention } from "../home/attention.js";
import { stashList } from "../lists/list-transfer.js";
import { mostOf } from "../money.js";
import { ActionButton } from "../parts/action-button.js";
import { ChevronIcon } from "../parts/icons.js";
import { inWords } from "../parts/job-list.js";
import { matches } from "../parts/matches.js";
import { SearchField } from "../parts/search-field.js";
import { Ago, JobPill, ProgramStatus, Unread } from "../parts/small.js";
import { Link, navigate, paths } from "../router.js";
import { useConfig } from "../server/config.js";
import { usePrograms } from "../server/programs.js";
import type { JobSummary, Program } from "../server/types.js";

/** How many are drawn at first: the others can be shown with one key, or by searching. */
const PAGE = 50;

export function Programs() {
  const { value, problem, reload } = usePrograms();
  const programs = value?.programs ?? null;
  const [query, setQuery] = useState("");
  const list = useRef<HTMLDivElement>(null);

  useEffect(() => {
    document.title = "Programs · Vouchers";
  }, []);
  useKey("ArrowDown", () => move(list.current, 1));
  useKey("ArrowUp", () => move(list.current, -1));
  useKey("n", () => navigate(paths.several));

  const [most, setMost] = useState(PAGE);
  const all = useMemo(() => found(programs ?? [], query), [programs, query]);
  const shown = all.length;
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

      <Attention />
      <DropTarget
        whose="the programs it names"
        onBlob={(input, source) => {
          stashList("several", { input, source });
          navigate(paths.several);
        }}
        onRefuse={announce}
      />
      {programs === null && problem !== null && (
        <Unread what="The programs" explained={explainReading(problem)} onAgain={reload} />
      )}
      {programs === null && problem === null && <Skeleton />}
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
          <ul>
            {all.slice(0, most).map((program) => (
              <Row key={program.id} program={program} />
            ))}
          </ul>
          {shown > most && (
            <button type="button" class="more" onClick={() => setMost(most + PAGE)}>
              Show {number(Math.min(PAGE, shown - most))} more of {number(shown)}
            </button>
          )}
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
    <span>Costs</span>
    <span>Last job</span>
    <span />
  </div>
);

function Row({ program }: { program: Program }) {
  const { id, name, status, startsAt, endsAt, lastJob } = program;
  const most = mostOf(program);
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
        <span class="program-codes">{most && `At most ${most}`}</span>
        <span class="program-job">
          <LastJob job={lastJob} />
        </span>
        <ChevronIcon />
      </Link>
    </li>
  );
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

/** The most recently active programs first, for all operators; the others in Uber's order. */
function found(programs: readonly Program[], query: string): Program[] {
  const at = ({ lastJob }: Program) => lastJob?.updatedAt ?? 0;
  return programs
    .filter(({ id, name, status }) => matches(query, [name, status, id]))
    .sort((one, other) => at(other) - at(one));
}

function move(list: HTMLElement | null, step: 1 | -1): void {
  const links = [...(list?.querySelectorAll<HTMLElement>("a.program") ?? [])];
  const at = links.indexOf(document.activeElement as HTMLElement);
  const next = at === -1 ? (step === 1 ? 0 : links.length - 1) : at + step;
  links[Math.min(Math.max(next, 0), links.length - 1)]?.focus();
}

function Skeleton() {
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
                <span class={`skeleton skeleton-name-${row % 3}`} />
              </b>
              <span class="quiet">
                <span class="skeleton skeleton-dates" />
              </span>
            </span>
            <span class="skeleton skeleton-pill" />
            <span class="skeleton skeleton-figure" />
            <span class="skeleton skeleton-dates" />
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
          " To try it first, start this console without the UBER_ variables: it then uses the sandbox."}
      </p>
      <ActionButton onClick={onAgain}>Check again</ActionButton>
    </div>
  );
}
