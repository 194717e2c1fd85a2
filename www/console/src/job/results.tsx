/** What is known of each code: a table of which only what is seen is drawn, and a CSV of all. */
import type { JobProgress, JobResult } from "uber-vouchers";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { codes, number } from "../format.js";
import type { Live } from "../jobs.js";
import { StateSign } from "../parts/icons.js";
import { download } from "../spreadsheet.js";
import { STATES, type State } from "../words.js";

/** Pixels. */
const ROW = 32;
const HEIGHT = 416;
const BEYOND = 8;
/** While it runs, the table is read again so often. */
const REFRESH_MS = 2_000;

const EVIDENCE = { answer: "Uber’s answer", webhook: "Uber’s webhook", operator: "your decision" };

export function Results({ live, progress }: { live: Live; progress: JobProgress }) {
  const [isShown, setShown] = useState(false);
  const [filter, setFilter] = useState<State | "">("");
  const [wanted, setWanted] = useState("");
  const rows = useRows(live, progress, isShown, filter);
  const found = useMemo(() => {
    const start = wanted.trim().toLowerCase();
    return start === "" ? rows : rows.filter(({ code }) => code.startsWith(start));
  }, [rows, wanted]);
  return (
    <section class="card results" aria-labelledby="results-title">
      <div class="results-head">
        <h2 id="results-title">Codes</h2>
        <button type="button" class="button" onClick={() => void save(live)}>
          Download {codes(progress.total)} as CSV
        </button>
      </div>
      {!isShown ? (
        <button type="button" class="link" onClick={() => setShown(true)}>
          Show the {codes(progress.total)}
        </button>
      ) : (
        <>
          <div class="results-tools">
            <label>
              State{" "}
              <select
                value={filter}
                onChange={(event) => setFilter(event.currentTarget.value as State | "")}
              >
                <option value="">all</option>
                {STATES.map((state) => (
                  <option key={state} value={state}>
                    {state} ({number(progress[state])})
                  </option>
                ))}
              </select>
            </label>
            <label>
              Find a code{" "}
              <input
                type="search"
                value={wanted}
                placeholder="how it begins"
                spellcheck={false}
                onInput={(event) => setWanted(event.currentTarget.value)}
              />
            </label>
            <span class="quiet" aria-live="polite">
              {codes(found.length)}
            </span>
          </div>
          <Table rows={found} />
        </>
      )}
    </section>
  );
}

/** The rows, read again when something changed, but not all the time. */
function useRows(live: Live, progress: JobProgress, isShown: boolean, filter: State | "") {
  const [rows, setRows] = useState<readonly JobResult[]>([]);
  const readAt = useRef(0);
  useEffect(() => {
    if (!isShown) return undefined;
    const read = () => {
      readAt.current = performance.now();
      setRows([...live.job.results(filter === "" ? undefined : filter)]);
    };
    const wait = readAt.current + REFRESH_MS - performance.now();
    if (!live.isRunning.get() || wait <= 0) {
      read();
      return undefined;
    }
    const timer = setTimeout(read, wait);
    return () => clearTimeout(timer);
  }, [live, progress, isShown, filter]);
  return rows;
}

function Table({ rows }: { rows: readonly JobResult[] }) {
  const [top, setTop] = useState(0);
  const first = Math.max(0, Math.floor(top / ROW) - BEYOND);
  const shown = rows.slice(first, first + Math.ceil(HEIGHT / ROW) + 2 * BEYOND);
  return (
    <div
      class="rows"
      role="table"
      aria-label="Codes"
      aria-rowcount={rows.length}
      tabIndex={0}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <div class="rows-space" role="rowgroup" style={{ height: `${rows.length * ROW}px` }}>
        {shown.map(({ code, state, batch, reason, by }, place) => (
          <div
            key={code}
            class="result"
            role="row"
            aria-rowindex={first + place + 1}
            style={{ transform: `translateY(${(first + place) * ROW}px)` }}
          >
            <code role="cell">{code}</code>
            <span role="cell" class={`result-state text-${state}`}>
              <StateSign state={state} /> {state}
            </span>
            <span
              role="cell"
              class="quiet result-more"
              title={[reason, by && EVIDENCE[by]].filter(Boolean).join(", ")}
            >
              {reason ?? (by ? EVIDENCE[by] : "")} · batch {number(batch + 1)}
            </span>
          </div>
        ))}
      </div>
    </div>
  );
}

async function save({ id, job }: Live): Promise<void> {
  const pieces: BlobPart[] = [];
  for await (const piece of job.resultsCsv()) pieces.push(piece as Uint8Array<ArrayBuffer>);
  download(
    new Blob(pieces, { type: "text/csv;charset=utf-8" }),
    `distribution-${id.slice(0, 8)}.csv`,
  );
}
