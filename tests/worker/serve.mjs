/**
 * Serves the worker in a process of its own, which a test can kill. Its argument is that of
 * `serve`.
 */
import { serve } from "../../scripts/serve.mjs";

const what = JSON.parse(process.argv[2] ?? "");
await serve(what);
console.log("ready");
