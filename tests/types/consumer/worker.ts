/** What a user of the ready worker writes, and what must not compile. */
import { ValidationError } from "uber-vouchers";
import {
  type DurableObjectClass,
  type JobFault,
  type JobStatus,
  type JobSummary,
  type ObjectNamespace,
  type RequestContext,
  type Service,
  type WorkerEnv,
  type WorkerHandler,
  type WorkerOptions,
  createWorker,
} from "uber-vouchers/worker";

export { VoucherApp, VoucherProgram } from "uber-vouchers/worker";

const options: WorkerOptions = {
  allowedOrigins: ["https://console.example.com"],
  allowDistributeAll: false,
  requestsPerSecond: 50,
  batchSize: 500,
  retentionDays: 90,
  maxUploadBytes: 1_000_000,
  maxCodes: 1_000,
  outcomes: ({ codes }) => codes.map((code: string) => ({ code, status: "failed" as const })),
};

export default createWorker(options) satisfies WorkerHandler;

/** A worker of one's own around it. */
export const around = {
  async fetch(request: any, env: WorkerEnv, context: RequestContext): Promise<any> {
    const { VOUCHER_PROGRAM, UBER_CLIENT_ID, ADMIN_TOKEN } = env;
    const namespace: ObjectNamespace = VOUCHER_PROGRAM;
    const behind: Service | undefined = env.UBER;
    void [namespace, behind, UBER_CLIENT_ID, ADMIN_TOKEN?.length];
    return createWorker().fetch(request, env, context);
  },
} satisfies WorkerHandler;

export function tell(job: JobSummary): string {
  const status: JobStatus = job.status;
  const fault: JobFault | null = job.error;
  const { queued, unknown }: { queued: number; unknown: number } = job.progress;
  return `${status} ${queued} ${unknown} ${fault?.code ?? ""} ${fault?.queued ?? "no"}`;
}

export function fits(objects: DurableObjectClass): unknown {
  return new objects({}, {}).alarm?.();
}

// @ts-expect-error
createWorker({ origins: [] });
// @ts-expect-error
createWorker({ allowedOrigins: "https://console.example.com" });
// @ts-expect-error
createWorker({ batchSize: "500" });
// @ts-expect-error
createWorker({ outcomes: () => [{ code: "c", status: "lost" }] });
// @ts-expect-error
createWorker(1);

export function refused(job: JobSummary, env: WorkerEnv): void {
  // @ts-expect-error
  if (job.status === "done") return;
  // @ts-expect-error
  void job.error.code;
  // @ts-expect-error
  void env.UBER_SECRET;
  // @ts-expect-error -- Not every worker has one.
  void env.ADMIN_TOKEN.length;
  options.allowedOrigins = ["a"];
  // @ts-expect-error
  options.allowedOrigins.push("b");
}

/** A wrong option is told when the worker starts. */
export function start(given: WorkerOptions): WorkerHandler | string {
  try {
    return createWorker(given);
  } catch (error) {
    return error instanceof ValidationError ? error.message : String(error);
  }
}
