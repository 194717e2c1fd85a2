/** A job under React: `node react.mjs <folder of an installed package>`. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { report } from "../results.mjs";
import { assert, runTests } from "./harness.mjs";

process.env["NODE_ENV"] = "development";
Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
const tools = createRequire(import.meta.url);
const { createElement, useSyncExternalStore, StrictMode } = tools("react");
const { act, create } = tools("react-test-renderer");
const installed = createRequire(join(String(process.argv[2]), "x.js"));
/** @param {string} name */
const load = (name) => import(pathToFileURL(installed.resolve(name)).href);
const { createClient } = await load("uber-vouchers");
const { createSandbox } = await load("uber-vouchers/sandbox");

/** React's messages: it complains, and loops, if a snapshot is new at each read. @type {string[]} */
const complaints = [];
console.error = (/** @type {unknown[]} */ ...words) => {
  // A deprecation of the renderer itself.
  if (!String(words[0]).includes("react-test-renderer is deprecated"))
    complaints.push(words.join(" "));
};

/** @type {{ name: string, error?: string | undefined }[]} */
const results = [];
await runTests(
  (test) => {
    test("useSyncExternalStore over subscribe and progress", async () => {
      const sandbox = await createSandbox();
      const { programId, codes } = sandbox.createProgram({ codes: 500 });
      const { fetch, clock } = sandbox;
      const auth = { clientId: "a", clientSecret: "b" };
      const client = createClient({ organizationId: "o", auth, fetch, clock });
      const job = await client.createJob(programId, codes, { batchSize: 20 });
      let renders = 0;
      const Bar = () => {
        renders += 1;
        const { queued, total } = useSyncExternalStore(job.subscribe, job.progress);
        return createElement("p", null, `${queued} of ${total}`);
      };
      // Methods are passed without their object, as is usual.
      /** @type {any} */
      let shown;
      await act(async () => {
        shown = create(createElement(StrictMode, null, createElement(Bar)));
      });
      const text = () => shown.toJSON().children.join("");
      assert.equal(text(), "0 of 500");
      await act(() => job.run());
      assert.equal(text(), "500 of 500");
      assert.ok(renders > 4, `${renders} renders`);
      const before = renders;
      await act(async () => {
        await job.applyWebhook({ programId: "another", outcomes: [] });
      });
      assert.equal(renders, before, "nothing changed");
      await act(async () => shown.unmount());
      assert.equal(complaints, []);
    });
  },
  (result) => results.push(result),
);
process.exit(report(results) ? 0 : 1);
