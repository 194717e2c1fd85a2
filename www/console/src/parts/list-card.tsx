/** The list that is being read, or has been: its counts, and where it came from. */
import { bytes, duration, number, rows } from "../format.js";
import type { Reading } from "../reading.js";
import { COUNTS } from "../words.js";
import { Hint } from "./small.js";

interface Props {
  reading: Exclude<Reading, { step: "empty" }>;
  onClear(): void;
}

export function ListCard({ reading, onClear }: Props) {
  const isReading = reading.step === "reading";
  const figures = isReading ? progressOf(reading) : figuresOf(reading);
  return (
    <section class="card list-card" aria-label="The list" aria-busy={isReading}>
      <div class="list-head">
        <div class="list-source">
          <b title={figures.source}>{figures.source}</b>
          <span class="quiet">{figures.about}</span>
        </div>
        <button type="button" class="button button-small" onClick={onClear}>
          {isReading ? "Cancel" : "Another list"}
        </button>
      </div>
      <div class="list-progress">
        <progress
          max={1}
          value={figures.share}
          aria-label="Reading"
          class={isReading ? "" : "progress-full"}
        />
      </div>
      <dl class="counts">
        <Count name="Valid" value={figures.valid} text={COUNTS.valid} />
        <Count name="Duplicate" value={figures.duplicates} text={COUNTS.duplicate} />
        <Count name="Rejected" value={figures.rejected} text={COUNTS.rejected} isBad />
      </dl>
    </section>
  );
}

function Count({
  name,
  value,
  text,
  isBad = false,
}: {
  name: string;
  value: number;
  text: string;
  isBad?: boolean;
}) {
  return (
    <div class={isBad && value > 0 ? "count count-bad" : "count"}>
      <dt>
        <Hint text={text}>{name}</Hint>
      </dt>
      <dd data-count={name.toLowerCase()}>{number(value)}</dd>
    </div>
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
    source: nameOf(source),
    about: `${bytes(read)} of ${bytes(totalBytes)} · ${rows(progress?.rows ?? 0)}`,
    share: totalBytes === 0 ? 1 : read / totalBytes,
    valid: progress?.codes ?? 0,
    duplicates: progress?.duplicates ?? 0,
    rejected: progress?.rejected ?? 0,
  };
}

function figuresOf({ draft }: Extract<Reading, { step: "read" }>): Figures {
  const { list } = draft;
  return {
    source: nameOf(draft.source),
    about: `${bytes(draft.bytes)} · ${rows(draft.rows)} read in ${duration(draft.readMs)}`,
    share: 1,
    valid: list.size,
    duplicates: list.duplicates,
    rejected: list.rejectedCount,
  };
}

const nameOf = (source: string): string => (source === "pasted" ? "Pasted codes" : source);
