/** The batches of a job, read from the core's rows. */
import { type VoucherError, toError } from "../errors.js";
import {
  BATCH_ATTEMPTS_U32,
  BATCH_CODES_U16,
  BATCH_HAS_ERROR_U8,
  BATCH_REPORTED_U32,
  BATCH_ROW_BYTES,
  BATCH_SENT_AT_U64,
  BATCH_STATE_U8,
  BATCH_USED_U16,
} from "../generated/jobs.js";
import { STATES } from "../generated/protocol.js";
import type { JobMachine } from "../wasm/job-machine.js";
import { numbered } from "./results.js";
import type { BatchState, JobBatch } from "./types.js";

/** All batches; an error that is no longer in memory is rebuilt from the journal. */
export function batchesOf(
  machine: JobMachine,
  errorOf: (batch: number) => VoucherError | undefined,
): JobBatch[] {
  const rows = machine.batches();
  const view = new DataView(rows.buffer, rows.byteOffset);
  return Array.from({ length: rows.length / BATCH_ROW_BYTES }, (_, id) => {
    const row = id * BATCH_ROW_BYTES;
    const u16 = (at: number) => view.getUint16(row + at, true);
    const u32 = (at: number) => view.getUint32(row + at, true);
    const attempts = u32(BATCH_ATTEMPTS_U32);
    const sentAt = u32(BATCH_SENT_AT_U64) + u32(BATCH_SENT_AT_U64 + 4) * 2 ** 32;
    const hasError = view.getUint8(row + BATCH_HAS_ERROR_U8) !== 0;
    return {
      id,
      // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- Distributed or failed are codes, and no batches.
      state: numbered(STATES, view.getUint8(row + BATCH_STATE_U8)) as BatchState,
      codes: u16(BATCH_CODES_U16),
      reported: u32(BATCH_REPORTED_U32),
      used: u16(BATCH_USED_U16),
      attempts,
      sentAt: attempts === 0 ? null : sentAt,
      lastError: hasError ? (errorOf(id) ?? toError(machine.lastError(id))) : null,
    };
  });
}
