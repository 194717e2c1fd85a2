/** The list that is being read, or has been: its counts, and where it came from. */
import { bytes, count, duration, number, rows } from "../format.js";
import type { Check } from "../lists/check.js";
import type { Draft, Reader, Reading } from "../lists/reading.js";
import { Hint, Hints } from "../parts/small.js";
import { COUNTS } from "../words.js";

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
            <Count name="Not a guest" value={people.unmatched} text={COUNTS.notGuest} tone="bad" />
            <Count name="Two guests" value={people.ambiguous} text={COUNTS.twoGuests} tone="bad" />
            <Count name="No code" value={people.withoutCode} text={COUNTS.noCode} tone="bad" />
          </>
        ) : (
          <Count name="Rejected" value={figures.rejected} text={COUNTS.rejected} tone="bad" />
        )}
        {!people && (
          <Count name="Not in this program" value={foreign} text={COUNTS.foreign} tone="bad" />
        )}
        <Count name="Queued before" value={before} text={COUNTS.before} tone="warn" />
      </Hints>
    </section>
  );
}

function Count({
  name,
  value,
  text,
  tone = "calm",
}: {
  name: string;
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
      <dd data-count={name.toLowerCase().replaceAll(" ", "-")}>
        {value === null ? <span class="count-none">–</span> : number(value)}
      </dd>
    </div>
  );
}

/** What was read as what, where the file left a choice. */
function Taken({ draft: { file, header }, reader }: { draft: Draft; reader: Reader }) {
  const { sheets, places } = file;
  return (
    <>
      {header !== null && (
        <span class="quiet">
          The first row, <q dir="auto">{header}</q>, is taken for the name of the column.
        </span>
      )}
      {places !== null && (
        <span class="quiet">Column {number(places.column)} holds the codes.</span>
      )}
      {sheets && sheets.all.length > 1 && (
        <label class="quiet list-sheet">
          Sheet{" "}
          <select
            value={sheets.name}
            onChange={(event) => void reader.chooseSheet(file, event.currentTarget.value)}
          >
            {sheets.all.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      )}
    </>
  );
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
}: Extract<Reading, { step: "reading" }>): Figures {
  const read = progress?.bytes ?? 0;
  return {
    source,
    about: `${bytes(read)} of ${bytes(totalBytes)} · ${rows(progress?.rows ?? 0)}`,
    share: totalBytes === 0 ? 1 : read / totalBytes,
    valid: progress?.codes ?? 0,
    duplicates: progress?.duplicates ?? 0,
    rejected: progress?.rejected ?? 0,
  };
}

const figuresOf = (draft: Draft): Figures => ({
  source: draft.source,
  about: [
    bytes(draft.file.input.size),
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
