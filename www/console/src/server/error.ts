/** The error of a failed call of the worker's API, from whatever was thrown. */
import { WorkerError } from "uber-vouchers/worker-client";

export { WorkerError } from "uber-vouchers/worker-client";

export function toWorkerError(error: unknown): WorkerError {
  if (error instanceof WorkerError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new WorkerError({
    code: "internal",
    message: `The console failed: ${why}`,
    hint: "Reload the page.",
    queued: "unknown",
    status: null,
    cause: error,
  });
}
