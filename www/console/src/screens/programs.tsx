/** Programs: the way in. */
import type { VoucherProgram } from "uber-vouchers";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import {
  config,
  forgetFailures,
  loadPrograms,
  loadSummaries,
  programs as programStore,
  summaries as summaryStore,
} from "../api.js";
import { explainReading } from "../explain.js";
import { count, dates, number, shortId, verb } from "../format.js";
import { ChevronIcon, SearchIcon } from "../parts/icons.js";
import { useKey } from "../parts/keys.js";
import { ErrorCode, Key, ProgramStatus } from "../parts/small.js";
import { recentPrograms } from "../recent.js";
import { Link, paths } from "../router.js";
import { useStore } from "../store.js";

export function Programs() {
  const { value: programs, error, busy } = useStore(programStore);
  const { value: known } = useStore(config);
  const [query, setQuery] = useState("");
  const search = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);

  useEffect(() => {
    document.title = "Programs · Vouchers";
  }, []);
  useKey("/", () => search.current?.select());
  useKey("ArrowDown", () => move(list.current, 1));
  useKey("ArrowUp", () => move(list.current, -1));

  const groups = useMemo(
    () => group(programs ?? [], known ? recentPrograms(known.organizationId) : [], query),
    [programs, known, query],
  );
  const shown = groups.reduce((sum, { items }) => sum + items.length, 0);

  const typed = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      if (query === "") search.current?.blur();
      else setQuery("");
    } else if (event.key === "ArrowDown" || event.key === "Enter") {
      const first = list.current?.querySelector<HTMLElement>("a.program");
      if (!first) return;
      event.preventDefault();
      if (event.key === "Enter") first.click();
      else first.focus();
    }
  };

  return (
    <div class="page">
      <div class="page-head">
        <div>
          <h1>Programs</h1>
          <p class="lead">Choose the program whose codes you want to distribute.</p>
        </div>
        <label class="search">
          <SearchIcon />
          <span class="unseen">Search the programs</span>
          <input
            ref={search}
            type="search"
            placeholder="Search"
            value={query}
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => setQuery(event.currentTarget.value)}
            onKeyDown={typed}
          />
          <Key>/</Key>
        </label>
      </div>

      {programs === null && error !== null && !busy && <Failed error={error} />}
      {programs === null && (error === null || busy) && <Skeleton />}
      {programs !== null && programs.length === 0 && <NoPrograms />}
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
          <div class="program program-head" aria-hidden="true">
            <span>Program</span>
            <span>Status</span>
            <span>Dates</span>
            <span class="figure">Codes</span>
            <span />
          </div>
          {groups.map(({ title, items }) => (
            <section key={title} aria-label={title}>
              {groups.length > 1 && <h2 class="group-title">{title}</h2>}
              <ul>
                {items.map((program) => (
                  <ProgramRow key={program.programId} program={program} />
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

function ProgramRow({ program }: { program: VoucherProgram }) {
  const { programId, name, status, startsAt, endsAt } = program;
  useEffect(() => loadSummaries([programId]), [programId]);
  return (
    <li>
      <Link to={paths.new(programId)} class="program">
        <span class="program-name">
          <b>{name ?? "No name"}</b>
          <code title={programId}>{shortId(programId)}</code>
        </span>
        <span class="program-status">
          <ProgramStatus status={status} />
        </span>
        <span class="program-dates">{dates(startsAt, endsAt)}</span>
        <span class="program-codes figure">
          <CodeCount programId={programId} />
        </span>
        <ChevronIcon />
      </Link>
    </li>
  );
}

function CodeCount({ programId }: { programId: string }) {
  const loaded = useStore(summaryStore).get(programId);
  if (loaded?.value) {
    const { codes } = loaded.value;
    return (
      <>
        {number(codes)}
        <span class="program-unit"> {verb(codes, "code", "codes")}</span>
      </>
    );
  }
  if (loaded?.error) return <span title="The number of codes could not be read.">–</span>;
  return <span class="bone bone-figure" />;
}

interface Group {
  title: string;
  items: VoucherProgram[];
}

/** Those used last first; of the rest, as Uber lists them. */
function group(programs: VoucherProgram[], recent: string[], query: string): Group[] {
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const found = programs.filter(({ name, status, programId }) => {
    const text = `${name ?? ""} ${status ?? ""} ${programId}`.toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  });
  const rank = new Map(recent.map((id, place) => [id, place]));
  const rankOf = ({ programId }: VoucherProgram) => rank.get(programId) ?? Number.POSITIVE_INFINITY;
  const used = found.filter((program) => rank.has(program.programId));
  const rest = found.filter((program) => !rank.has(program.programId));
  return [
    { title: "Recently used", items: used.sort((a, b) => rankOf(a) - rankOf(b)) },
    { title: "All others", items: rest },
  ].filter(({ items }) => items.length > 0);
}

function move(list: HTMLElement | null, step: 1 | -1): void {
  const links = [...(list?.querySelectorAll<HTMLElement>("a.program") ?? [])];
  const at = links.indexOf(document.activeElement as HTMLElement);
  const next = at === -1 ? (step === 1 ? 0 : links.length - 1) : at + step;
  links[Math.min(Math.max(next, 0), links.length - 1)]?.focus();
}

function Skeleton() {
  return (
    <div class="card programs" aria-busy="true" aria-label="The programs are being read">
      <div class="program program-head" aria-hidden="true">
        <span>Program</span>
        <span>Status</span>
        <span>Dates</span>
        <span class="figure">Codes</span>
        <span />
      </div>
      <ul aria-hidden="true">
        {[1, 2, 3, 4, 5].map((row) => (
          <li key={row} class="program">
            <span class="program-name">
              <b>
                <span class={`bone bone-name-${row % 3}`} />
              </b>
              <code>
                <span class="bone bone-id" />
              </code>
            </span>
            <span class="program-status">
              <span class="bone bone-pill" />
            </span>
            <span class="program-dates">
              <span class="bone bone-dates" />
            </span>
            <span class="program-codes figure">
              <span class="bone bone-figure" />
            </span>
            <span />
          </li>
        ))}
      </ul>
    </div>
  );
}

function NoPrograms() {
  const { value } = useStore(config);
  return (
    <div class="card blank">
      <p class="blank-title">No programs yet</p>
      <p>
        Create a voucher program at Uber for Business, or with the Vouchers API, and it appears
        here.
        {value?.environment === "uber" &&
          " To look around first, start this console without the UBER_ variables: it then runs on the sandbox."}
      </p>
      <button type="button" class="button" onClick={() => void loadPrograms()}>
        Look again
      </button>
    </div>
  );
}

function Failed({ error }: { error: unknown }) {
  const { message, hint, code, status } = explainReading(error);
  const again = () => {
    forgetFailures();
    void loadPrograms();
  };
  return (
    <div class="card blank" role="alert">
      <p class="blank-title">The programs could not be read</p>
      <p>
        {message}. {hint}
      </p>
      <div class="blank-actions">
        <button type="button" class="button" onClick={again}>
          Try again
        </button>
        <ErrorCode code={code} status={status} />
      </div>
    </div>
  );
}
