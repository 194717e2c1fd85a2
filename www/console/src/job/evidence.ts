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
  const { progress, sources } = job;
  switch (state) {
    case "distributed":
      return either(EVIDENCE.webhook, EVIDENCE.usage, sources.usage.codes, progress.distributed);
    case "failed":
      return EVIDENCE.webhook;
    case "queued": {
      // Whatever else rests on an operator's decision is abandoned.
      const decided = sources.operator.codes - progress.abandoned;
      return either(EVIDENCE.answer, EVIDENCE.operator, decided, progress.queued);
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

/** `byOther` of all rest on `other`, the rest on `usual`. */
function either(usual: string, other: string, byOther: number, all: number): string {
  if (byOther <= 0) return usual;
  return byOther >= all ? other : `${usual}, or ${other}`;
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
