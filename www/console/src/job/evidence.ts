/** What the number of each state rests on, and since when. */
import { number, shortDateTime } from "../format.js";
import { type JobDetail, SAMPLED } from "../server/types.js";
import { EVIDENCE, type State } from "../words.js";

export interface Evidence {
  /** By what. */
  text: string;
  /** When it changed last, in epoch milliseconds. */
  at: number | null;
}

export function evidenceOf(job: JobDetail, state: State): Evidence {
  const at = state === "pending" || state === "sending" ? null : changedAt(job, state);
  const text = sourceOf(job, state);
  return { text: at === null ? text : `${text}, last on ${shortDateTime(at)}`, at };
}

function sourceOf({ progress, sources }: JobDetail, state: State): string {
  switch (state) {
    case "distributed":
      return parts(progress.distributed, sources.usage.codes, EVIDENCE.usage, EVIDENCE.webhook);
    case "failed":
      return EVIDENCE.webhook;
    case "queued": {
      // What else rests on an answer was rejected.
      const answered = Math.max(0, sources.answer.codes - progress.rejected);
      return parts(progress.queued, answered, EVIDENCE.answer, EVIDENCE.operator);
    }
    case "rejected":
      return EVIDENCE.answer;
    case "abandoned":
      return EVIDENCE.operator;
    case "unknown":
      return "no answer that proves anything";
    case "sending":
      return "no answer yet";
    case "pending":
      return "nothing has left";
  }
}

/** `byOne` of all rest on `one`, the rest on `other`: each with its number where there are both. */
function parts(all: number, byOne: number, one: string, other: string): string {
  if (byOne <= 0) return other;
  if (byOne >= all) return one;
  return `${number(byOne)} ${one}, ${number(all - byOne)} ${other}`;
}

/** When a number of this state was seen to change last. */
function changedAt({ samples }: JobDetail, state: State): number | null {
  const place = 1 + SAMPLED.indexOf(state);
  for (let index = samples.length - 1; index > 0; index -= 1) {
    const [now, before] = [samples[index], samples[index - 1]];
    if (now?.[place] !== before?.[place]) return now?.[0] ?? null;
  }
  const [first] = samples;
  return first && (first[place] ?? 0) > 0 ? first[0] : null;
}
