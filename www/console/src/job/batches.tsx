/** The unknown batches: what was sent, when, and the response. */
import { useState } from "preact/hooks";

import { count, number, verb } from "../format.js";
import { ErrorCode, Moment } from "../parts/small.js";
import type { JobDetail, UnknownBatch } from "../server/types.js";

const FIRST = 5;

interface Props {
  job: JobDetail;
  /** The current subject of the decision. */
  chosen: number | "all";
  onChoose(batch: number): void;
}

export function Batches({ job, chosen, onChoose }: Props) {
  const [isWhole, setWhole] = useState(false);
  const { unknownBatches, unknownBatchCount } = job;
  const shown = isWhole ? unknownBatches : unknownBatches.slice(0, FIRST);
  return (
    <details class="batches" open={unknownBatchCount === 1}>
      <summary>Attempts: {count(unknownBatchCount, "batch", "batches")}</summary>
      <ul>
        {shown.map((batch) => (
          <li key={batch.id} class="batch">
            <Story batch={batch} />
            {unknownBatchCount > 1 && (
              <button
                type="button"
                class="button button-small"
                aria-pressed={batch.id === chosen}
                onClick={() => onChoose(batch.id)}
              >
                {batch.id === chosen ? "Chosen" : "Decide about this batch only"}
              </button>
            )}
          </li>
        ))}
      </ul>
      {unknownBatches.length > FIRST && (
        <button
          type="button"
          class="link"
          aria-expanded={isWhole}
          onClick={() => setWhole(!isWhole)}
        >
          {isWhole
            ? `Show the first ${FIRST}`
            : `Show ${count(unknownBatches.length, "batch", "batches")}`}
        </button>
      )}
      {isWhole && unknownBatchCount > unknownBatches.length && (
        <p class="quiet">
          And {number(unknownBatchCount - unknownBatches.length)} more, once these are decided.
        </p>
      )}
    </details>
  );
}

function Story({ batch }: { batch: UnknownBatch }) {
  const { id, attempts, sentAt, error } = batch;
  return (
    <p>
      <b>Batch {number(id + 1)}</b>: {whatIsKnown(batch)}. {count(attempts, "request")} left
      {sentAt !== null && (
        <>
          , the last on <Moment ms={sentAt} />
        </>
      )}
      . Response: {error ? `${error.message}.` : "none; the worker was interrupted."}{" "}
      <ErrorCode code={error?.code ?? "interrupted"} status={error?.status ?? null} />
    </p>
  );
}

/** `of these 500, 312 are in use (certain), 188 unknown` */
function whatIsKnown({ codes: size, used, reported }: UnknownBatch): string {
  // Codes in use count as reported.
  const byWebhook = reported - used;
  return [
    `of ${verb(size, "this", "these")} ${number(size)}`,
    used === 0
      ? "none is known to be in use"
      : `${number(used)} ${verb(used, "is", "are")} in use (certain)`,
    ...(byWebhook > 0 ? [`${number(byWebhook)} reported by Uber`] : []),
    `${number(size - reported)} unknown`,
  ].join(", ");
}
