/** The scope of a decision about unknown codes. */
import type { JobDetail } from "../server/types.js";

/** One batch, or all unknown batches. */
export interface Scope {
  batch: number | "all";
  /** How many of its codes are unknown. */
  size: number;
  /** How many are known to be in use; `null` if not all batches are listed. */
  used: number | null;
}

/** Whether a decision is needed. */
export const hasUnknown = ({ unknownBatchCount, progress }: JobDetail): boolean =>
  unknownBatchCount > 0 && progress.unknown > 0;

/** A batch that is no longer unknown can't be chosen any more. */
export function scopeOf(job: JobDetail, chosen: number | "all"): Scope {
  const { unknownBatches, unknownBatchCount, progress } = job;
  const batch = unknownBatches.find(({ id }) => id === chosen);
  if (batch) return { batch: batch.id, size: batch.codes - batch.reported, used: batch.used };
  const isListed = unknownBatches.length === unknownBatchCount;
  const used = isListed ? unknownBatches.reduce((sum, { used }) => sum + used, 0) : null;
  return { batch: "all", size: progress.unknown, used };
}
