/** A worker that starts another one in an isolate of its own, which is cold each time. */
// @ts-expect-error: what the starter puts there.
import { contestants } from "./contestants.js";

const COMPATIBILITY_DATE = "2026-04-01";

export default {
  /** @param {Request} request @param {any} env */
  async fetch(request, env) {
    const { searchParams } = new URL(request.url);
    const { main, modules } = contestants[String(searchParams.get("name"))];
    const worker = env.LOADER.get(crypto.randomUUID(), () => ({
      compatibilityDate: COMPATIBILITY_DATE,
      mainModule: main,
      modules,
    }));
    return worker.getEntrypoint().fetch(request.url);
  },
};
