/** How fast Uber accepts codes, from the samples. */
import { type JobDetail, SAMPLED_STATES, type Sample } from "../server/types.js";

const WINDOW_MS = 10_000;
/** In less time, a single batch changes the result by half. */
const LEAST_MS = 1_000;
/** Codes in one of these states were accepted by Uber. */
const ACCEPTED = (["queued", "distributed", "failed"] as const).map(
  (state) => 1 + SAMPLED_STATES.indexOf(state),
);

/** Codes per second that Uber accepted recently; `null` if there are too few samples. */
export function acceptedPerSecond(
  { samples, progress }: Pick<JobDetail, "samples" | "progress">,
  now: number,
): number | null {
  const last = samples.at(-1);
  if (last === undefined) return null;
  const { queued, distributed, failed } = progress;
  // No samples are taken while nothing changes: the figures before the window apply at its start.
  const from = samples.findLast(([at]) => at <= now - WINDOW_MS);
  const [begin, before] = from
    ? [now - WINDOW_MS, accepted(from)]
    : [samples[0]?.[0] ?? now, samples[0] ? accepted(samples[0]) : 0];
  if (now - begin < LEAST_MS) return null;
  const more = queued + distributed + failed - before;
  return (Math.max(0, more) * 1_000) / (now - begin);
}

const accepted = (sample: Sample): number =>
  ACCEPTED.reduce((sum, index) => sum + (sample[index] ?? 0), 0);
