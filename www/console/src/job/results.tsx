/** What is known of each code: filtered, found, and as a file. */
import { useCallback, useEffect, useState } from "preact/hooks";

import { explainReading } from "../explain.js";
import { codes, number } from "../format.js";
import { useNarrow } from "../parts/narrow.js";
import { SearchField } from "../parts/search-field.js";
import { Fault, StateWord } from "../parts/small.js";
import { VirtualRows } from "../parts/virtual-rows.js";
import type { JobDetail, ResultRow } from "../server/types.js";
import { EVIDENCE, STATES, type State } from "../words.js";
import { useRows } from "./rows.js";

const ROW = 32;
const ROW_NARROW = 60;
const TYPING_MS = 200;

export function Results({ job, isConnected }: { job: JobDetail; isConnected: boolean }) {
  const [state, setState] = useState<State | "">("");
  const [typed, setTyped] = useState("");
  const find = useSettled(typed.trim().toLowerCase());
  const rows = useRows(job, state, find);
  const isNarrow = useNarrow();
  const { need } = rows;
  const onRange = useCallback(
    (first: number, end: number) => need(first, end),
    [state, find, job.id],
  );
  const { progress } = job;
  return (
    <section class="card results" aria-labelledby="results-title">
      <div class="results-head">
        <h2 id="results-title">Results</h2>
        <SearchField
          label="Find a code by how its id begins"
          placeholder="How the id begins"
          value={typed}
          onChange={setTyped}
          onLeave={() => document.querySelector<HTMLElement>(".results .rows")?.focus()}
        />
      </div>
      <div class="filters" role="group" aria-label="Which codes are shown">
        {(["", ...STATES] as const)
          .filter((one) => one === "" || one === state || progress[one] > 0)
          .map((one) => (
            <button
              key={one}
              type="button"
              class="filter"
              aria-pressed={one === state}
              onClick={() => setState(one)}
            >
              {one === "" ? "All" : one}{" "}
              <span class="filter-count">
                {number(one === "" ? progress.total : progress[one])}
              </span>
            </button>
          ))}
        <span class="quiet results-found" role="status">
          {(state !== "" || find !== "") &&
            (rows.isWhole ? `${codes(rows.count)} found` : "Reading as you scroll")}
        </span>
      </div>
      {rows.problem && isConnected && <Fault explained={explainReading(rows.problem)} />}
      {rows.isWhole && rows.count === 0 ? (
        <p class="codes-none quiet">
          No code matches.{" "}
          <button
            type="button"
            class="link"
            onClick={() => {
              setState("");
              setTyped("");
            }}
          >
            Show all
          </button>
        </p>
      ) : (
        <VirtualRows
          key={`${state}:${find}`}
          label="Results"
          role="table"
          count={rows.count}
          rowHeight={isNarrow ? ROW_NARROW : ROW}
          onRange={onRange}
          head={
            <div class="result result-head" role="row" aria-rowindex={1}>
              <span role="columnheader">Code</span>
              <span role="columnheader">State</span>
              <span role="columnheader">What it rests on</span>
              <span role="columnheader">Reason</span>
              <span role="columnheader" class="figure">
                Batch
              </span>
            </div>
          }
          row={(index, properties) => {
            const row = rows.at(index);
            return (
              <div {...properties} class="result">
                {row ? <Cells row={row} /> : <Bone />}
              </div>
            );
          }}
        />
      )}
    </section>
  );
}

function Cells({ row: { code, state, by, reason, batch } }: { row: ResultRow }) {
  return (
    <>
      <code role="cell" class="result-code" title={code}>
        {code}
      </code>
      <span role="cell" class="result-state">
        <StateWord state={state} />
      </span>
      <span role="cell" class="result-by quiet">
        {by === null ? "" : EVIDENCE[by]}
      </span>
      <span role="cell" class="result-reason" title={reason ?? ""}>
        {reason ?? ""}
      </span>
      <span role="cell" class="result-batch figure quiet">
        {number(batch + 1)}
      </span>
    </>
  );
}

const Bone = () => (
  <span role="cell">
    <span class="bone bone-code" />
  </span>
);

/** A text once no key was pressed for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
