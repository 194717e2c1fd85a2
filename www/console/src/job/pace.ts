/** How fast codes are accepted, from how the figures went. */
import { type JobDetail, SAMPLED, type Sample } from "../server/types.js";

const WINDOW_MS = 10_000;
/** In less, a batch more or less is half of it. */
const LEAST_MS = 1_000;
/** Uber has accepted codes that are in one of these. */
const ACCEPTED = (["queued", "distributed", "failed"] as const).map(
  (state) => 1 + SAMPLED.indexOf(state),
);

/** Codes a second that Uber accepted, of late; `null` where too little was seen. */
export function acceptedPerSecond(
  { samples, progress }: Pick<JobDetail, "samples" | "progress">,
  now: number,
): number | null {
  const last = samples.at(-1);
  if (last === undefined) return null;
  const { queued, distributed, failed } = progress;
  // Nothing is sampled while nothing changes: the figures before the window are those at its begin.
  const from = samples.findLast(([at]) => at <= now - WINDOW_MS);
  const [begin, before] = from
    ? [now - WINDOW_MS, accepted(from)]
    : [samples[0]?.[0] ?? now, samples[0] ? accepted(samples[0]) : 0];
  if (now - begin < LEAST_MS) return null;
  const more = queued + distributed + failed - before;
  return (Math.max(0, more) * 1_000) / (now - begin);
}

const accepted = (sample: Sample): number =>
  ACCEPTED.reduce((sum, place) => sum + (sample[place] ?? 0), 0);
