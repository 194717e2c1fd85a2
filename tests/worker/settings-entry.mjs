/** Creates a worker with the options in a request, and returns the result of `createWorker`. */
import { createWorker } from "uber-vouchers/worker";

export { VoucherApp, VoucherProgram } from "uber-vouchers/worker";

/** Values that JSON can't represent. @type {Record<string, unknown>} */
const VALUES = { NaN: NaN, Infinity: Infinity, undefined: undefined, function: () => [] };

export default {
  /** @param {Request} request */
  async fetch(request) {
    const options = JSON.parse(await request.text(), (_, value) =>
      typeof value === "string" && value in VALUES ? VALUES[value] : value,
    );
    try {
      createWorker(options);
      return Response.json({ code: null });
    } catch (error) {
      const { code, message } = /** @type {any} */ (error);
      return Response.json({ code, message });
    }
  },
};
