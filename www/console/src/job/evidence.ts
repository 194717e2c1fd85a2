/** What the number of each state rests on, and since when. */
import { shortDateTime } from "../format.js";
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

function sourceOf(job: JobDetail, state: State): string {
  switch (state) {
    case "distributed":
    case "failed":
      return EVIDENCE.webhook;
    case "queued":
      // Each code's own evidence stands in the results.
      return hadUnknown(job) ? "by Uber’s answer, or an operator’s decision" : EVIDENCE.answer;
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

function hadUnknown({ samples, progress }: JobDetail): boolean {
  const place = 1 + SAMPLED.indexOf("unknown");
  return progress.unknown > 0 || samples.some((sample) => (sample[place] ?? 0) > 0);
}
