/** Rows of people that lead to no code: who they are, where they stand, and why. */
import { useState } from "preact/hooks";

import { count, number } from "../format.js";
import { type People, whyUnmatched } from "../lists/people.js";
import { DownloadIcon } from "../parts/icons.js";
import { download, toCsv } from "../spreadsheet.js";
import { LineTable } from "./line-table.js";

const FIRST = 8;

const KINDS = [
  ["unmatched", "not a guest", "not-a-guest"],
  ["ambiguous", "two guests", "two-guests"],
  ["withoutCode", "no code", "no-code"],
] as const;

export function PeopleRows({ people }: { people: People }) {
  const kinds = KINDS.filter(([kind]) => people.counts[kind] > 0);
  const [chosen, setChosen] = useState(kinds[0]?.[0] ?? "unmatched");
  const [, word, file] = KINDS.find(([kind]) => kind === chosen) ?? KINDS[0];
  const rows = people[chosen];
  const total = people.counts[chosen];
  const save = () => {
    const header = ["line", "value", "reason", "message", "codes"];
    const lines = rows.map((row) => [
      row.line,
      row.value,
      row.reason,
      whyUnmatched(row),
      row.codes.join(" "),
    ]);
    download(toCsv(header, lines), `${file}.csv`);
  };
  return (
    <section class="card rejected" aria-labelledby="people-title">
      <div class="card-head">
        <div>
          <h2 id="people-title">Rows that lead to no code</h2>
          <p class="quiet">With the line in your file. Nobody is guessed.</p>
        </div>
        <button type="button" class="button button-small" onClick={save}>
          <DownloadIcon /> {number(total)} as CSV
        </button>
      </div>
      <div class="filters rejected-kinds" role="group" aria-label="Why they lead to no code">
        {kinds.map(([kind, name]) => (
          <button
            key={kind}
            type="button"
            class="filter"
            aria-pressed={kind === chosen}
            onClick={() => setChosen(kind)}
          >
            {number(people.counts[kind])} {name}
          </button>
        ))}
      </div>
      <LineTable
        label={`Rows: ${word}`}
        lines={rows.slice(0, FIRST).map((row) => ({ ...row, why: whyUnmatched(row) }))}
      />
      {total > FIRST && (
        <p class="quiet rejected-more">
          {count(total - FIRST, "row")} more {total - FIRST === 1 ? "is" : "are"} in the CSV.
        </p>
      )}
    </section>
  );
}
