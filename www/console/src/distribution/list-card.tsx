/** The list that is being read, or has been: its counts, and where it came from. */
import { bytes, duration, number, rows } from "../format.js";
import type { Check } from "../lists/check.js";
import type { Draft, Reading } from "../lists/reading.js";
import { Hint } from "../parts/small.js";
import { COUNTS } from "../words.js";

interface Props {
  reading: Exclude<Reading, { step: "empty" }>;
  check: Check;
  onClear(): void;
}

export function ListCard({ reading, check, onClear }: Props) {
  const isReading = reading.step === "reading";
  const figures = isReading ? progressOf(reading) : figuresOf(reading.draft);
  const before = check.step === "checked" ? check.before.total : null;
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
        <Count name="Rejected" value={figures.rejected} text={COUNTS.rejected} tone="bad" />
        <Count name="Queued before" value={before} text={COUNTS.before} tone="warn" />
      </dl>
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
      <dd data-count={name.toLowerCase().replace(" ", "-")}>
        {value === null ? <span class="count-none">–</span> : number(value)}
      </dd>
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
  about: `${bytes(draft.input.size)} · ${rows(draft.rows)} read in ${duration(draft.readMs)}`,
  share: 1,
  valid: draft.valid,
  duplicates: draft.duplicates,
  rejected: draft.rejectedCount,
});
