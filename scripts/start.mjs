/**
 * `npm start`: builds what has changed, and serves the console on this machine.
 *
 * Without credentials the sandbox stands behind it. With UBER_CLIENT_ID,
 * UBER_CLIENT_SECRET and UBER_ORGANIZATION_ID it is Uber; UBER_BASE_URL,
 * UBER_TOKEN_URL and UBER_SCOPE are optional. PORT moves it from 8787, and
 * SANDBOX_FAULTS shows what trouble looks like (`error_after=0.5,rate_limited=1`;
 * the names are those of `SandboxFault`).
 *
 * Miniflare and not `wrangler dev`: one workerd instead of two, up in less than
 * a second, and our own line with the URL.
 */
import { spawn } from "node:child_process";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const HOST = "127.0.0.1";
const COMPATIBILITY_DATE = "2026-04-01";

/** A fault that its reader can mend: printed as it is, without a stack. */
class Advice extends Error {}

/** @typedef {{ isSandbox: boolean, name: string, bindings: Record<string, any> }} Side */
/** @typedef {{ type: "ESModule" | "CompiledWasm", path: string }} Module */

/** @type {Set<import("node:child_process").ChildProcess>} */
const children = new Set();
/** @type {import("miniflare").Miniflare | undefined} */
let miniflare;
let stopping = false;

process.on("SIGINT", () => void stop(130));
process.on("SIGTERM", () => void stop(143));
process.on("SIGHUP", () => void stop(129));

try {
  await start();
} catch (error) {
  if (!stopping) {
    console.error(error instanceof Advice ? error.message : error);
    await stop(1);
  }
}

async function start() {
  const port = readPort();
  const side = readSide();
  // Nothing that is started from here has a use for it.
  delete process.env["UBER_CLIENT_SECRET"];
  await refuseBusy(port);
  process.chdir(ROOT);
  await run(process.execPath, [join("scripts", "build.mjs")]);
  // Of its own for each port: a second one that starts must not take away the
  // files of the first.
  const out = join(ROOT, "build", "start", String(port));
  await buildConsole(out);
  const workers = await buildWorkers(out);
  await serve({ port, side, workers, out });
}

// ---------------------------------------------------------------------------
// What the environment says

function readPort() {
  const port = Number(variable("PORT") || 8787);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Advice("PORT must be a number from 1 to 65535.");
}

/**
 * Which side stands behind the worker, and what the worker has to know of it.
 * @returns {Side}
 */
function readSide() {
  const needed = ["UBER_CLIENT_ID", "UBER_CLIENT_SECRET", "UBER_ORGANIZATION_ID"];
  const optional = ["UBER_BASE_URL", "UBER_TOKEN_URL", "UBER_SCOPE"];
  const given = (/** @type {string} */ name) => variable(name) !== "";
  const missing = needed.filter((name) => !given(name));
  if (missing.length === needed.length) {
    const alone = optional.filter(given);
    if (alone.length > 0) throw incomplete(alone, missing);
    return {
      isSandbox: true,
      name: "Sandbox: nothing leaves this machine",
      bindings: {
        UBER_CLIENT_ID: "sandbox-client",
        UBER_CLIENT_SECRET: "sandbox-secret",
        UBER_ORGANIZATION_ID: "0a6a1c7e-52d3-4b8f-9c1d-7e4f2a9b3c10",
        SANDBOX_FAULTS: readFaults(),
      },
    };
  }
  if (missing.length > 0) throw incomplete(needed.filter(given), missing);
  checkUrls();
  const names = [...needed, ...optional.filter(given)];
  const host = new URL(variable("UBER_BASE_URL") || "https://api.uber.com").host;
  return {
    isSandbox: false,
    name:
      host === "api.uber.com"
        ? "Uber production: real messages to real people"
        : `Uber at ${host}: take every message for real`,
    bindings: Object.fromEntries(names.map((name) => [name, variable(name)])),
  };
}

/** @param {string} name */
function variable(name) {
  return (process.env[name] ?? "").trim();
}

function readFaults() {
  const given = variable("SANDBOX_FAULTS")
    .split(",")
    .filter((fault) => fault.trim() !== "");
  return Object.fromEntries(
    given.map((fault) => {
      const [name, share] = fault.split("=").map((part) => part.trim());
      if (name && share && Number(share) >= 0 && Number(share) <= 1) return [name, Number(share)];
      throw new Advice(
        `SANDBOX_FAULTS: "${fault}" must be a name and a share, like error_after=0.5.`,
      );
    }),
  );
}

/**
 * @param {string[]} set
 * @param {string[]} missing
 */
function incomplete(set, missing) {
  const list = (/** @type {string[]} */ names) => new Intl.ListFormat("en").format(names);
  return new Advice(
    `${list(set)} ${set.length === 1 ? "is" : "are"} set, but ${list(missing)} ` +
      `${missing.length === 1 ? "is" : "are"} not.\n` +
      `Set ${missing.length === 1 ? "it" : "them"} to talk to Uber, or unset all for the sandbox.`,
  );
}

function checkUrls() {
  for (const name of ["UBER_BASE_URL", "UBER_TOKEN_URL"]) {
    const value = variable(name);
    if (value && !URL.canParse(value)) throw new Advice(`${name} is not a URL.`);
  }
  const scopes = ["organizations.voucher_programs", "organizations.voucher_programs.aggregator"];
  const scope = variable("UBER_SCOPE");
  if (scope && !scopes.includes(scope)) {
    throw new Advice(`UBER_SCOPE must be ${scopes.join(" or ")}.`);
  }
}

/**
 * Before the build: nobody wants to wait a minute for this.
 * @param {number} port
 * @returns {Promise<void>}
 */
function refuseBusy(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (/** @type {NodeJS.ErrnoException} */ error) => {
      const next = port === 65_535 ? port - 1 : port + 1;
      reject(
        new Advice(
          error.code === "EADDRINUSE"
            ? `Port ${port} is in use. Stop what serves there, or take another: PORT=${next} npm start`
            : `Port ${port} can't be opened (${error.code}). Take another: PORT=8787 npm start`,
        ),
      );
    });
    server.listen(port, HOST, () => server.close(() => resolve()));
  });
}

// ---------------------------------------------------------------------------
// Building

/**
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<void>}
 */
function run(command, args) {
  return new Promise((resolve, reject) => {
    // A group of its own, so that stopping it stops what it started too.
    const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"], detached: true });
    children.add(child);
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      children.delete(child);
      if (code === 0) resolve();
      else reject(new Advice(`${args.join(" ")} failed (${signal ?? `exit ${code}`}); see above.`));
    });
  });
}

/** @param {string} out */
async function buildConsole(out) {
  const { build } = await import("vite");
  await build({
    configFile: join(ROOT, "www/console/vite.config.ts"),
    logLevel: "warn",
    build: { outDir: join(out, "console") },
  });
}

/**
 * Bundles the workers; their wasm is copied beside them, as modules of their own.
 * @param {string} out
 */
async function buildWorkers(out) {
  const { build } = await import("esbuild");
  /** @param {string} name */
  const bundle = async (name) => {
    const { metafile } = await build({
      absWorkingDir: ROOT,
      entryPoints: { [name]: `www/${name}/index.ts` },
      outdir: join(out, "workers"),
      bundle: true,
      format: "esm",
      target: "es2024",
      conditions: ["workerd", "worker", "browser"],
      loader: { ".wasm": "copy" },
      assetNames: "[name]",
      metafile: true,
      logLevel: "warning",
    });
    // The entry has to come first.
    return Object.keys(metafile.outputs)
      .sort((a, b) => Number(isWasm(a)) - Number(isWasm(b)))
      .map((path) => moduleAt(join(ROOT, path)));
  };
  await rm(join(out, "workers"), { recursive: true, force: true });
  return { worker: await bundle("worker"), sandbox: await bundle("sandbox") };
}

/**
 * @param {string} path
 * @returns {Module}
 */
function moduleAt(path) {
  return { type: isWasm(path) ? "CompiledWasm" : "ESModule", path };
}

/** @param {string} path */
function isWasm(path) {
  return path.endsWith(".wasm");
}

// ---------------------------------------------------------------------------
// Serving

/**
 * @param {object} what
 * @param {number} what.port
 * @param {Side} what.side
 * @param {{ worker: Module[], sandbox: Module[] }} what.workers
 * @param {string} what.out
 */
async function serve({ port, side, workers: modules, out }) {
  process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false";
  process.env["WRANGLER_SEND_METRICS"] = "false";
  await dieTogether(out);
  const { Log, LogLevel, Miniflare, NoOpLog } = await import("miniflare");
  const common = {
    modulesRoot: join(out, "workers"),
    compatibilityDate: COMPATIBILITY_DATE,
    bindings: side.bindings,
    // "Nothing leaves this machine", whatever the code does.
    ...(side.isSandbox ? { outboundService: refuseOutbound } : {}),
  };
  const workers = [
    {
      ...common,
      name: "worker",
      modules: modules.worker,
      ...(side.isSandbox ? { serviceBindings: { SANDBOX: "sandbox" } } : {}),
      assets: {
        directory: join(out, "console"),
        binding: "ASSETS",
        // The worker answers first: it adds the security headers.
        routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
        assetConfig: { not_found_handling: "single-page-application" },
      },
    },
    ...(side.isSandbox ? [{ ...common, name: "sandbox", modules: modules.sandbox }] : []),
  ];
  miniflare = new Miniflare({
    host: HOST,
    port,
    cf: false,
    log: process.env["DEBUG"] ? new Log(LogLevel.DEBUG) : new NoOpLog(),
    workers,
  });
  await miniflare.ready;
  console.log(`\n  ${side.name}\n  http://${HOST}:${port}/\n`);
}

/**
 * @param {{ url: string }} request
 * @returns {never}
 */
function refuseOutbound(request) {
  throw new Error(`The sandbox has no way out to ${new URL(request.url).host}`);
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
  await writeFile(wrapper, process.platform === "linux" ? underParent(workerd) : watched(workerd));
  await chmod(wrapper, 0o755);
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

/**
 * Ends what runs, then this process. A second Ctrl-C doesn't wait.
 * @param {number} code
 */
async function stop(code) {
  if (stopping) process.exit(code);
  stopping = true;
  for (const { pid } of children) {
    try {
      if (pid !== undefined) process.kill(-pid, "SIGTERM");
    } catch {
      // It has ended meanwhile.
    }
  }
  await miniflare?.dispose().catch(() => undefined);
  process.exit(code);
}
