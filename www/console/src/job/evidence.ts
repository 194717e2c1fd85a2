/** The sources of the number of each state, and since when. */
import { number, shortDateTime } from "../format.js";
import { type JobDetail, SAMPLED_STATES } from "../server/types.js";
import { EVIDENCE, type State } from "../words.js";

export interface Evidence {
  /** The source. */
  text: string;
  /** When it last changed, in epoch milliseconds. */
  at: number | null;
}

export function evidenceOf(job: JobDetail, state: State): Evidence {
  const at = state === "pending" || state === "sending" ? null : changedAt(job, state);
  const text = sourceOf(job, state);
  return { text: at === null ? text : `${text}, last on ${shortDateTime(at)}`, at };
}

function sourceOf({ status, progress, sources }: JobDetail, state: State): string {
  switch (state) {
    case "distributed":
      return parts(progress.distributed, sources.usage.codes, EVIDENCE.usage, EVIDENCE.webhook);
    case "failed":
      return EVIDENCE.webhook;
    case "queued": {
      // The other codes whose source is a response were rejected.
      const answered = Math.max(0, sources.answer.codes - progress.rejected);
      return parts(progress.queued, answered, EVIDENCE.answer, EVIDENCE.operator);
    }
    case "rejected":
      return EVIDENCE.answer;
    case "abandoned":
      return status === "cancelled" ? "the job was cancelled before it began" : EVIDENCE.operator;
    case "unknown":
      return "no answer that proves anything";
    case "sending":
      return "no answer yet";
    case "pending":
      return "nothing has left";
  }
}

/**
 * Describes two sources: `byOne` of all come from `one`, the rest from `other`, each with its
 * number if there are both.
 */
function parts(all: number, byOne: number, one: string, other: string): string {
  if (byOne <= 0) return other;
  if (byOne >= all) return one;
  return `${number(byOne)} ${one}, ${number(all - byOne)} ${other}`;
}

/** When the number of this state last changed. */
function changedAt({ samples }: JobDetail, state: State): number | null {
  const position = 1 + SAMPLED_STATES.indexOf(state);
  for (let index = samples.length - 1; index > 0; index -= 1) {
    const [now, before] = [samples[index], samples[index - 1]];
    if (now?.[position] !== before?.[position]) return now?.[0] ?? null;
  }
  const [first] = samples;
  return first && (first[position] ?? 0) > 0 ? first[0] : null;
}
