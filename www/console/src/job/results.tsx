/** The state of each code: filtered, searched, with its recipient, and as a file. */
import { useCallback, useState } from "preact/hooks";

import { explainReading } from "../explain.js";
import { codes, number } from "../format.js";
import { ActionButton, Download } from "../parts/action-button.js";
import { DownloadIcon } from "../parts/icons.js";
import { useNarrow } from "../parts/narrow.js";
import { SearchField } from "../parts/search-field.js";
import { Fault } from "../parts/small.js";
import { useDebounced } from "../parts/use-debounced.js";
import { VirtualRows } from "../parts/virtual-rows.js";
import { apiOfJob } from "../server/jobs.js";
import type { JobDetail } from "../server/types.js";
import { STATES, type State } from "../words.js";
import { FoundByRecipient } from "./found-by-recipient.js";
import { ReasonFilter } from "./reason-filter.js";
import { RecipientTools } from "../parts/recipient-tools.js";
import { ResultSkeleton, ResultCells, ResultHead } from "./result-row.js";
import { filterQuery, useRows } from "./rows.js";
import { useRecipients } from "../parts/use-recipients.js";

const ROW = 32;
const ROW_NARROW = 60;
/** Any other text belongs to a person, or is a `code_text`. */
const IS_ID = /^[0-9a-f-]*$/;

export function Results({ job, isConnected }: { job: JobDetail; isConnected: boolean }) {
  const [state, setState] = useState<State | "">("");
  const [reason, setReason] = useState<string | null>(null);
  const [typed, setTyped] = useState("");
  const text = useDebounced(typed.trim().toLowerCase());
  const isId = IS_ID.test(text);
  const filter = { state, reason, find: isId ? text : "" };
  const query = new URLSearchParams(filterQuery(filter)).toString();
  const rows = useRows(job, filter);
  const recipients = useRecipients(job.programId);
  const isNarrow = useNarrow();
  const { need } = rows;
  const onRange = useCallback((first: number, end: number) => need(first, end), [query, job.id]);
  const { progress } = job;
  const isFiltered = query !== "";
  const isWide = recipients.value !== null;
  return (
    <section
      class={`card results ${isWide ? "has-recipients" : ""}`}
      aria-labelledby="results-title"
    >
      <div class="results-head">
        <h2 id="results-title">Results</h2>
        <SearchField
          label="Find a code by its id, its recipient or its code_text"
          placeholder="Id, recipient or code_text"
          value={typed}
          onChange={setTyped}
          onLeave={() => document.querySelector<HTMLElement>(".results .rows")?.focus()}
        />
      </div>
      <div class="filters" role="group" aria-label="Shown codes">
        {(["", ...STATES] as const)
          .filter((one) => one === "" || one === state || progress[one] > 0)
          .map((one) => (
            <ActionButton
              key={one}
              look="filter"
              isPressed={one === state}
              onClick={() => setState(one)}
            >
              {one === "" ? "All" : one}{" "}
              <span class="filter-count">
                {number(one === "" ? progress.total : progress[one])}
              </span>
            </ActionButton>
          ))}
        <ReasonFilter job={job} reason={reason} onChange={setReason} />
        <span class="quiet results-found" role="status">
          {isFiltered && (rows.isWhole ? `${codes(rows.count)} found` : "Reading as you scroll")}
        </span>
      </div>
      <div class="results-tools">
        <RecipientTools recipients={recipients} />
        {isFiltered && (
          <Download
            class="button button-small"
            href={`${apiOfJob(job.programId, job.id)}/results.csv?${query}`}
          >
            <DownloadIcon /> Search results as CSV
          </Download>
        )}
      </div>
      {rows.problem && isConnected && <Fault explained={explainReading(rows.problem)} />}
      {!isId ? (
        <FoundByRecipient job={job} text={text} recipients={recipients} />
      ) : rows.isWhole && rows.count === 0 ? (
        <p class="codes-none quiet">
          No code matches.{" "}
          <button
            type="button"
            class="link"
            onClick={() => {
              setState("");
              setReason(null);
              setTyped("");
            }}
          >
            Show all
          </button>
        </p>
      ) : (
        <VirtualRows
          key={query}
          label="Results"
          role="table"
          count={rows.count}
          rowHeight={isNarrow ? ROW_NARROW : ROW}
          onRange={onRange}
          head={<ResultHead hasRecipients={isWide} />}
          row={(index, properties) => {
            const row = rows.at(index);
            return (
              <div {...properties} class="result">
                {row ? <ResultCells row={row} recipients={recipients.value} /> : <ResultSkeleton />}
              </div>
            );
          }}
        />
      )}
    </section>
  );
}
