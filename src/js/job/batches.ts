/** The batches of a job, as the core's rows have them. */
import { type VoucherError, toError } from "../errors.js";
import { BATCH_ROW_BYTES, STATES } from "../generated/protocol.js";
import type { JobMachine } from "../wasm/job-machine.js";
import { numbered } from "./results.js";
import type { BatchState, JobBatch } from "./types.js";

/** All batches; of an error that is not at hand, what the journal has of it. */
export function batchesOf(
  machine: JobMachine,
  errorOf: (batch: number) => VoucherError | undefined,
): JobBatch[] {
  const rows = machine.batches();
  const view = new DataView(rows.buffer, rows.byteOffset);
  return Array.from({ length: rows.length / BATCH_ROW_BYTES }, (_, id) => {
    const [codes = 0, used = 0] = [4, 6].map((at) =>
      view.getUint16(id * BATCH_ROW_BYTES + at, true),
    );
    const [reported = 0, attempts = 0, low = 0, high = 0] = [8, 12, 16, 20].map((at) =>
      view.getUint32(id * BATCH_ROW_BYTES + at, true),
    );
    const [state = 0, hasError] = rows.subarray(id * BATCH_ROW_BYTES);
    return {
      id,
      // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- Distributed or failed are codes, and no batches.
      state: numbered(STATES, state) as BatchState,
      codes,
      reported,
      used,
      attempts,
      sentAt: attempts === 0 ? null : low + high * 2 ** 32,
      lastError: hasError ? (errorOf(id) ?? toError(machine.lastError(id))) : null,
    };
  });
}
