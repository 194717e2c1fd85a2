/** The codes of a program: filtered, found, selected, and on to a distribution. */
import { useEffect, useMemo, useState } from "preact/hooks";

import { explainReading } from "../explain.js";
import { codes as inCodes, number } from "../format.js";
import { handOver } from "../lists/hand-over.js";
import { type ShownRecipients, useRecipients } from "../job/use-recipients.js";
import { SearchField } from "../parts/search-field.js";
import { Ago, Hint, Unread } from "../parts/small.js";
import { navigate, paths } from "../router.js";
import { useProgram } from "../server/programs.js";
import { useProgramCodes } from "../server/program-codes.js";
import type { JobSummary, ProgramCode } from "../server/types.js";
import { NOT_YET, SENTENCES, type State } from "../words.js";
import { CodeTable } from "./code-table.js";
import { FILTER_NAMES, type Filter, filtered, filtersOf, isNotYet } from "./filter.js";
import { type Selection, useSelection } from "./selection.js";

/** Of more codes, recipients are read only if somebody asks: Uber gives them a thousand at a time. */
const MANY = 5_000;
const NONE: readonly ProgramCode[] = [];

interface Props {
  programId: string;
  jobs: readonly JobSummary[];
}

export function Codes({ programId, jobs }: Props) {
  const loaded = useProgramCodes(programId);
  const currency = useProgram(programId).program?.currencyCode ?? null;
  const all = loaded.value?.codes ?? NONE;
  const [filter, setFilter] = useState<Filter>("all");
  const [wanted, setWanted] = useState("");
  const recipients = useRecipients(programId);
  const byCode = recipients.value?.byCode ?? null;
  const isSmall = loaded.value !== null && all.length <= MANY;
  useEffect(() => {
    if (isSmall) recipients.read(false);
  }, [programId, isSmall]);
  const rows = useMemo(() => filtered(all, filter, wanted, byCode), [all, filter, wanted, byCode]);
  const filters = useMemo(() => filtersOf(all), [all]);
  const byId = useMemo(() => new Map(jobs.map((job) => [job.id, job])), [jobs]);
  const selection = useSelection(rows);

  if (loaded.value === null) {
    return loaded.problem ? (
      <Unread what="The codes" explained={explainReading(loaded.problem)} onAgain={loaded.reload} />
    ) : (
      <div
        class="card codes-card codes-bones"
        aria-busy="true"
        role="status"
        aria-label="The codes are being read"
      >
        <span class="bone bone-title" />
      </div>
    );
  }
  const notYet = all.filter(isNotYet);
  const { at } = loaded;
  const isBehind = at !== null && jobs.some(({ updatedAt }) => updatedAt > at);
  return (
    <section class="card codes-card" aria-labelledby="codes-title">
      <div class="codes-head">
        <h2 id="codes-title">
          Codes <span class="quiet">{number(all.length)}</span>
        </h2>
        <span class="quiet codes-true">
          {isBehind ? "Jobs have gone on since" : loaded.at !== null && <Ago ms={loaded.at} />}
          {" · "}
          <button type="button" class="link" onClick={loaded.reload} aria-disabled={loaded.isBusy}>
            Read again
          </button>
        </span>
        <SearchField
          label="Find a code by its text, its id, or its recipient"
          placeholder="Code, id or recipient"
          value={wanted}
          onChange={setWanted}
          onLeave={() => document.querySelector<HTMLElement>(".codes")?.focus()}
        />
      </div>
      <RecipientsLine recipients={recipients} codes={all} />
      <div class="filters" role="group" aria-label="Which codes are shown">
        {filters.map(([one, count]) => (
          <button
            key={one}
            type="button"
            class="filter"
            aria-pressed={one === filter}
            title={one === "not-yet" ? NOT_YET : SENTENCES[one as State]}
            onClick={() => setFilter(one)}
          >
            {FILTER_NAMES[one] ?? one} <span class="filter-count">{number(count)}</span>
          </button>
        ))}
      </div>
      {/* The action of the selection stays in sight, and below the head of the card. */}
      <div class="codes-body">
        {rows.length === 0 ? (
          <p class="codes-none quiet">
            No code matches.{" "}
            <button
              type="button"
              class="link"
              onClick={() => {
                setFilter("all");
                setWanted("");
              }}
            >
              Show all
            </button>
          </p>
        ) : (
          <CodeTable
            programId={programId}
            rows={rows}
            jobs={byId}
            recipients={byCode}
            currency={currency}
            selection={selection}
          />
        )}
        <Foot {...{ programId, rows, notYet, selection }} />
      </div>
    </section>
  );
}

/** Whether recipients are shown, and how they can be seen. */
function RecipientsLine({
  recipients: { value, isBusy, problem, read },
  codes: all,
}: {
  recipients: ShownRecipients;
  codes: readonly ProgramCode[];
}) {
  const byCode = value?.byCode ?? null;
  const without = useMemo(
    () =>
      byCode === null
        ? 0
        : all.filter(({ code, canceledAt }) => canceledAt === null && !byCode.has(code)).length,
    [all, byCode],
  );
  if (problem !== null) {
    return (
      <p class="quiet recipients-line">
        Recipients could not be read: {explainReading(problem).what}.
      </p>
    );
  }
  return (
    <p class="quiet recipients-line">
      {byCode === null ? (
        <button type="button" class="link" onClick={() => read(false)} aria-disabled={isBusy}>
          {isBusy ? "Recipients are being read" : "Show who gets them"}
        </button>
      ) : (
        <>
          {without > 0 && `${inCodes(without)} ${without === 1 ? "has" : "have"} no guest. `}
          {value?.isMasked === false ? (
            "Recipients are shown in full, which is in the audit trail."
          ) : (
            <>
              Recipients are masked.{" "}
              <button type="button" class="link" onClick={() => read(true)} aria-disabled={isBusy}>
                Show them in full
              </button>{" "}
              (written into the audit trail)
            </>
          )}
        </>
      )}
    </p>
  );
}

function Foot({
  programId,
  rows,
  notYet,
  selection,
}: {
  programId: string;
  rows: readonly ProgramCode[];
  notYet: readonly ProgramCode[];
  selection: Selection;
}) {
  const { size } = selection.codes;
  const hidden = size - rows.filter(({ code }) => selection.codes.has(code)).length;
  const go = (codes: Iterable<string>, source: string) => {
    handOver(programId, { input: new Blob([[...codes].join("\n")]), source });
    navigate(paths.new(programId));
  };
  return (
    <div class="codes-foot">
      {size === 0 ? (
        <>
          <span class="quiet">
            Select codes, or take{" "}
            <Hint text={NOT_YET}>
              <span class="dotted">what is not yet distributed</span>
            </Hint>
          </span>
          <button
            type="button"
            class="button"
            disabled={notYet.length === 0}
            onClick={() =>
              go(
                notYet.map(({ code }) => code),
                `Selection of ${inCodes(notYet.length)}`,
              )
            }
          >
            Review {inCodes(notYet.length)} not yet distributed
          </button>
        </>
      ) : (
        <>
          <span aria-live="polite">
            <b>{inCodes(size)}</b> selected
            {hidden > 0 && <span class="quiet">, {number(hidden)} of them not shown</span>}
          </span>
          <button type="button" class="button" onClick={selection.clear}>
            Clear
          </button>
          <button
            type="button"
            class="button button-strong"
            onClick={() => go(selection.codes, `Selection of ${inCodes(size)}`)}
          >
            Review {inCodes(size)}
          </button>
        </>
      )}
    </div>
  );
}
