/** The list that is being read or was read: its counts and its source. */
import { bytes, count, duration, number, rows } from "../format.js";
import type { Check } from "../lists/check.js";
import type { ColumnNumbers } from "../lists/column-numbers.js";
import { isOfPeople } from "../lists/looks.js";
import type { Draft, Reader, Reading } from "../lists/reading.js";
import { Hint, Hints } from "../parts/small.js";
import { COUNTS } from "../words.js";
import { SheetChoice } from "./sheet-choice.js";

interface Props {
  reading: Extract<Reading, { step: "reading" | "read" }>;
  check: Check;
  reader: Reader;
}

export function ListCard({ reading, check, reader }: Props) {
  const isReading = reading.step === "reading";
  const figures = isReading ? progressOf(reading) : figuresOf(reading.draft);
  const people = reading.step === "read" ? (reading.draft.people?.counts ?? null) : null;
  const before = check.step === "checked" ? check.before.total : null;
  const foreign =
    check.step === "checked" && check.listed.fault === null ? check.listed.foreign : null;
  return (
    <section class="card list-card" aria-label="The list" aria-busy={isReading}>
      <div class="list-head">
        <div class="list-source">
          <b title={figures.source} dir="auto">
            {figures.source}
          </b>
          <span class="quiet">{figures.about}</span>
          {!isReading && reading.draft.isReturned && (
            <span>
              A job of this list was cancelled before it sent anything, so the list is back.
            </span>
          )}
          {!isReading && <Taken draft={reading.draft} reader={reader} />}
        </div>
        <button type="button" class="button button-small" onClick={reader.clear}>
          {isReading ? "Cancel" : "Another list"}
        </button>
      </div>
      <div class="list-progress">
        <progress max={1} value={figures.share} aria-label="Reading" />
      </div>
      <Hints class="counts" label="What was counted">
        <Count
          name={people ? "Matched" : "Valid"}
          value={figures.valid}
          text={people ? COUNTS.matched : COUNTS.valid}
        />
        <Count name="Duplicate" value={figures.duplicates} text={COUNTS.duplicate} />
        {people ? (
          <>
            <Count name="Not found" value={people.unmatched} text={COUNTS.notFound} tone="bad" />
            <Count name="Two guests" value={people.ambiguous} text={COUNTS.twoGuests} tone="bad" />
            <Count name="No code" value={people.withoutCode} text={COUNTS.noCode} tone="bad" />
          </>
        ) : (
          <Count name="Rejected" value={figures.rejected} text={COUNTS.rejected} tone="bad" />
        )}
        {!people && (
          <Count name="Not in this program" value={foreign} text={COUNTS.foreign} tone="bad" />
        )}
        <Count
          name="In other jobs"
          id="queued-before"
          value={before}
          text={COUNTS.before}
          tone="warn"
        />
      </Hints>
    </section>
  );
}

function Count({
  name,
  id = name.toLowerCase().replaceAll(" ", "-"),
  value,
  text,
  tone = "calm",
}: {
  name: string;
  id?: string;
  /** `null`: not known yet. */
  value: number | null;
  text: string;
  tone?: "calm" | "warn" | "bad";
}) {
  return (
    <div class={value ? `count count-${tone}` : "count"}>
      <dt>
        <Hint text={text}>{name}</Hint>
      </dt>
      <dd data-count={id}>{value === null ? <span class="count-none">–</span> : number(value)}</dd>
    </div>
  );
}

/** How the columns were read, if the file is ambiguous. */
function Taken({ draft: { file, header, columns }, reader }: { draft: Draft; reader: Reader }) {
  const { places: indices } = file;
  return (
    <>
      {header !== null && (
        <span class="quiet">
          The first row, <q dir="auto">{header}</q>, was taken as the column name.
        </span>
      )}
      {indices !== null && <span class="quiet">{takenFrom(indices)}</span>}
      {columns > 1 && (
        <span class="quiet">
          <button type="button" class="link" onClick={() => void reader.askColumns(file)}>
            Choose the columns
          </button>
        </span>
      )}
      <SheetChoice file={file} onChoose={(name) => void reader.chooseSheet(file, name)} />
    </>
  );
}

function takenFrom({ column, phoneColumn, look }: ColumnNumbers): string {
  if (look === "emails" && phoneColumn !== undefined) {
    return `Column ${column} contains the e-mail addresses, column ${phoneColumn} the telephone numbers.`;
  }
  return `Column ${column} contains the ${isOfPeople(look) ? "people" : "codes"}.`;
}

interface Figures {
  source: string;
  about: string;
  share: number;
  valid: number;
  duplicates: number;
  rejected: number;
}

function progressOf({
  source,
  totalBytes,
  progress,
  preparation,
}: Extract<Reading, { step: "reading" }>): Figures {
  const read = progress?.bytes ?? 0;
  return {
    source,
    about: preparation
      ? `Reading the program’s ${preparation.what}${preparation.read > 0 ? `: ${number(preparation.read)} so far` : ""}`
      : `${bytes(read)} of ${bytes(totalBytes)} · ${rows(progress?.rows ?? 0)}`,
    share: totalBytes === 0 ? 1 : read / totalBytes,
    valid: progress?.codes ?? 0,
    duplicates: progress?.duplicates ?? 0,
    rejected: progress?.rejected ?? 0,
  };
}

const figuresOf = (draft: Draft): Figures => ({
  source: draft.source,
  about: [
    bytes(draft.file.bytes),
    `${rows(draft.rows)} read in ${duration(draft.readMs)}`,
    draft.emptyRows > 0 && count(draft.emptyRows, "empty row"),
  ]
    .filter(Boolean)
    .join(" · "),
  share: 1,
  valid: draft.valid,
  duplicates: draft.duplicates,
  rejected: draft.rejectedCount,
});
