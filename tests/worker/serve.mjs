/** Serves the worker in a process of its own, which a test can kill. Its argument is what `serve` takes. */
import { serve } from "../../scripts/serve.mjs";

const what = JSON.parse(process.argv[2] ?? "");
await serve(what);
console.log("ready");
