/**
 * Serves the workers in workerd, with their state on disk.
 *
 * Miniflare and not `wrangler dev`: one workerd instead of two, which starts in less than a
 * second, our own output, and the sandbox as a second worker in Uber's place.
 */
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { ROOT } from "./setup.mjs";

export const HOST = "127.0.0.1";
/** The deployed configuration is also used here. */
const CONFIGURATION = join(ROOT, "www", "worker", "wrangler.jsonc");

/** @typedef {import("./bundle.mjs").Module} Module */

/**
 * Serves the workers until the process ends.
 *
 * @param {object} what
 * @param {number} what.port
 * @param {Record<string, any>} what.bindings variables and secrets
 * @param {Record<string, Module[]>} what.workers `worker`, and optionally `sandbox` in Uber's place
 * @param {string} what.out the folder of the built workers
 * @param {string} what.state the folder of the objects' databases
 * @param {boolean} [what.keepsObjects] idle objects stay in memory
 * @returns {Promise<import("miniflare").Miniflare>}
 */
export async function serve({
  port,
  bindings,
  workers: modules,
  out,
  state,
  keepsObjects = false,
}) {
  process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false";
  process.env["WRANGLER_SEND_METRICS"] = "false";
  await dieTogether(out);
  const { Log, LogLevel, Miniflare, NoOpLog } = await import("miniflare");
  const config = withoutComments(await readFile(CONFIGURATION, "utf8"));
  const origin = `http://${HOST}:${port}`;
  const common = {
    modulesRoot: join(out, "workers"),
    compatibilityDate: config.compatibility_date,
    // The worker can reach nothing but this machine, whatever the code does.
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
            { className, useSQLite: true, unsafePreventEviction: keepsObjects },
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
            // If it were evicted, it would read its whole journal again each time.
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
      // After a kill, alarms are late: workerd logs that, and then runs them.
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
 * Reads JSON with comments on separate lines. TypeScript's parser takes longer to load than
 * everything else here.
 * @param {string} text
 * @returns {any}
 */
function withoutComments(text) {
  return JSON.parse(text.replace(/^\s*\/\/.*$/gm, "").replace(/,(?=\s*[}\]])/g, ""));
}

/**
 * Kills workerd when this process dies, even by SIGKILL; otherwise it would continue to serve.
 * Miniflare starts the wrapper instead of workerd.
 * @param {string} out
 */
async function dieTogether(out) {
  if (process.platform === "win32" || process.env["MINIFLARE_WORKERD_PATH"]) return;
  // The version that Miniflare uses.
  const ofMiniflare = createRequire(createRequire(import.meta.url).resolve("miniflare"));
  const workerd = String(ofMiniflare("workerd").default);
  const wrapper = join(out, "workers", "workerd.sh");
  await mkdir(join(out, "workers"), { recursive: true });
  // Renamed once complete: a file that is being written can't be run, and another process may
  // start it at this moment.
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
