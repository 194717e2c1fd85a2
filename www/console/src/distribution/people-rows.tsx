/** Rows of people without a code: who they are, their lines, and the reasons. */
import { useMemo, useState } from "preact/hooks";

import { count, number } from "../format.js";
import { type People, type RecipientRow, whyUnmatched } from "../lists/people.js";
import { DownloadIcon } from "../parts/icons.js";
import { download, toCsv } from "../spreadsheet.js";
import { LineTable } from "./line-table.js";

const FIRST = 8;

/** After a number, and the name of the file; any other reason is a row that can't be read. */
const KINDS: Partial<Record<RecipientRow["reason"], readonly [word: string, file: string]>> = {
  no_guest: ["not a guest", "not-a-guest"],
  no_code_text: ["unknown code text", "unknown-text"],
  no_country_code: ["without country code", "no-country-code"],
  shortened_number: ["shortened by a spreadsheet", "shortened"],
  empty: ["without address", "empty"],
  several_guests: ["two guests", "two-guests"],
  no_code: ["no code", "no-code"],
};
const UNREADABLE = ["can’t be read", "unreadable"] as const;

type Kind = readonly [word: string, file: string];

/** The rows by kind, the most frequent first. */
function byKind({ unmatched, ambiguous, withoutCode }: People): [Kind, RecipientRow[]][] {
  const kinds = new Map<Kind, RecipientRow[]>();
  for (const rows of [unmatched, ambiguous, withoutCode]) {
    for (const row of rows) {
      const kind = KINDS[row.reason] ?? UNREADABLE;
      const found = kinds.get(kind);
      if (found) found.push(row);
      else kinds.set(kind, [row]);
    }
  }
  return [...kinds].sort(([, one], [, other]) => other.length - one.length);
}

export function PeopleRows({ people }: { people: People }) {
  const kinds = useMemo(() => byKind(people), [people]);
  const [chosen, setChosen] = useState(0);
  const [[word, file], rows] = kinds[chosen] ?? kinds[0] ?? [UNREADABLE, []];
  const total = rows.length;
  const { unmatched, ambiguous, withoutCode } = people.counts;
  const listed = kinds.reduce((sum, [, some]) => sum + some.length, 0);
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
          <h2 id="people-title">Rows without a match</h2>
          <p class="quiet">With the line in your file. Nothing is guessed.</p>
        </div>
        <button type="button" class="button button-small" onClick={save}>
          <DownloadIcon /> {number(total)} as CSV
        </button>
      </div>
      <div class="filters rejected-kinds" role="group" aria-label="Why they have no match">
        {kinds.map(([[name], some], index) => (
          <button
            key={name}
            type="button"
            class="filter"
            aria-pressed={index === chosen}
            onClick={() => setChosen(index)}
          >
            {number(some.length)} {name}
          </button>
        ))}
        {listed < unmatched + ambiguous + withoutCode && (
          <span class="quiet">of the first {number(listed)}</span>
        )}
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
