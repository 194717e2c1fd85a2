/** The package's worker, as fast as it goes: nothing is paced. */
import { createWorker } from "uber-vouchers/worker";

export { VoucherApp, VoucherProgram } from "uber-vouchers/worker";

export default createWorker({ requestsPerSecond: 100_000 });
