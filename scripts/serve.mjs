/**
 * Serves the workers in workerd, with their state on disk.
 *
 * Miniflare and not `wrangler dev`: one workerd instead of two, up in less than
 * a second, our own line with the URL, and the sandbox as a second worker in Uber's place.
 */
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { ROOT } from "./setup.mjs";

export const HOST = "127.0.0.1";
/** What is deployed is also what is served here. */
const CONFIGURATION = join(ROOT, "www", "worker", "wrangler.jsonc");

/** @typedef {import("./bundle.mjs").Module} Module */

/**
 * Serves the workers until the process ends.
 *
 * @param {object} what
 * @param {number} what.port
 * @param {Record<string, any>} what.bindings variables and secrets
 * @param {Record<string, Module[]>} what.workers `worker`, and in Uber's place `sandbox`, if it is given
 * @param {string} what.out where they were built
 * @param {string} what.state the folder of the objects' databases
 * @returns {Promise<import("miniflare").Miniflare>}
 */
export async function serve({ port, bindings, workers: modules, out, state }) {
  process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false";
  process.env["WRANGLER_SEND_METRICS"] = "false";
  await dieTogether(out);
  const { Log, LogLevel, Miniflare, NoOpLog } = await import("miniflare");
  const config = withoutComments(await readFile(CONFIGURATION, "utf8"));
  const origin = `http://${HOST}:${port}`;
  const common = {
    modulesRoot: join(out, "workers"),
    compatibilityDate: config.compatibility_date,
    // "Nothing leaves this machine", whatever the code does.
    ...(modules["sandbox"] ? { outboundService: { network: { allow: [`${HOST}/32`] } } } : {}),
  };
  const workers = [
    {
      ...common,
      name: "worker",
      modules: modules["worker"],
      bindings,
      durableObjects: Object.fromEntries(
        config.durable_objects.bindings.map(
          (/** @type {{ name: string, class_name: string }} */ { name, class_name: className }) => [
            name,
            { className, useSQLite: true },
          ],
        ),
      ),
      ...(modules["sandbox"] ? { serviceBindings: { UBER: "sandbox" } } : {}),
      assets: {
        directory: join(out, "console"),
        binding: config.assets.binding,
        routerConfig: {
          has_user_worker: true,
          invoke_user_worker_ahead_of_assets: config.assets.run_worker_first,
        },
        assetConfig: { not_found_handling: config.assets.not_found_handling },
      },
    },
    ...(modules["sandbox"]
      ? [
          {
            ...common,
            name: "sandbox",
            modules: modules["sandbox"],
            bindings: { ...bindings, WEBHOOK_URL: `${origin}/webhooks/uber` },
            // Each time it came back, it would read its whole journal.
            durableObjects: {
              SANDBOX: { className: "SandboxState", useSQLite: true, unsafePreventEviction: true },
            },
          },
        ]
      : []),
  ];
  const miniflare = new Miniflare({
    host: HOST,
    port,
    cf: false,
    log: process.env["DEBUG"] ? new Log(LogLevel.DEBUG) : new NoOpLog(),
    durableObjectsPersist: join(state, "objects"),
    handleRuntimeStdio: (
      /** @type {import("node:stream").Readable} */ out,
      /** @type {import("node:stream").Readable} */ err,
    ) => {
      out.pipe(process.stdout);
      // After a kill, alarms are late: workerd says so, and then does as it should.
      createInterface({ input: err }).on("line", (line) => {
        if (!line.includes("NOSENTRY SQLite alarm")) process.stderr.write(`${line}\n`);
      });
    },
    workers,
  });
  await miniflare.ready;
  return miniflare;
}

/**
 * Reads JSON with comments on lines of their own. TypeScript's reader takes
 * longer to load than all the rest here.
 * @param {string} text
 * @returns {any}
 */
function withoutComments(text) {
  return JSON.parse(text.replace(/^\s*\/\/.*$/gm, "").replace(/,(?=\s*[}\]])/g, ""));
}

/**
 * Has workerd end with this process even if that is killed outright; otherwise
 * it would go on serving. Miniflare starts the wrapper in workerd's place.
 * @param {string} out
 */
async function dieTogether(out) {
  if (process.platform === "win32" || process.env["MINIFLARE_WORKERD_PATH"]) return;
  // The one that belongs to Miniflare.
  const ofMiniflare = createRequire(createRequire(import.meta.url).resolve("miniflare"));
  const workerd = String(ofMiniflare("workerd").default);
  const wrapper = join(out, "workers", "workerd.sh");
  await mkdir(join(out, "workers"), { recursive: true });
  // Moved into place, since what is being written can't be run: others may start at this moment.
  const written = `${wrapper}.${process.pid}`;
  await writeFile(written, process.platform === "linux" ? underParent(workerd) : watched(workerd));
  await chmod(written, 0o755);
  await rename(written, wrapper);
  process.env["MINIFLARE_WORKERD_PATH"] = wrapper;
}

/** @param {string} path */
function quoted(path) {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}

/** @param {string} workerd */
function underParent(workerd) {
  return `#!/bin/sh
# The kernel ends it with its parent (util-linux).
command -v setpriv >/dev/null && exec setpriv --pdeathsig KILL ${quoted(workerd)} "$@"
${watched(workerd).split("\n").slice(1).join("\n")}`;
}

/** @param {string} workerd */
function watched(workerd) {
  return `#!/bin/sh
# Its configuration comes by standard input, which a background job would lose.
${quoted(workerd)} "$@" <&0 &
child=$!
trap 'kill $child 2>/dev/null' TERM INT HUP
(while kill -0 $PPID 2>/dev/null; do sleep 1; done; kill -9 $child 2>/dev/null) >/dev/null 2>&1 &
watch=$!
wait $child
kill $watch 2>/dev/null
`;
}
