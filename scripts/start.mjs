/**
 * `npm start`: builds what has changed, and serves the console on this machine.
 *
 * Without credentials it uses the sandbox. With UBER_CLIENT_ID,
 * UBER_CLIENT_SECRET and UBER_ORGANIZATION_ID it uses Uber; UBER_SIGNING_KEY,
 * UBER_BASE_URL, UBER_TOKEN_URL and UBER_SCOPE are optional. PORT changes the port
 * from 8787, ADMIN_TOKEN is the token with which operators sign in, OPERATOR_TOKENS has those of
 * named operators, STATE is the folder of the state. SANDBOX_FAULTS injects faults
 * (`error_after=0.5,rate_limited=1`; the names are those of `SandboxFault`), and
 * SANDBOX_WEBHOOKS says how many webhooks a second the sandbox sends;
 * SANDBOX_LARGE adds a program of so many codes. SETTLE_MINUTES (1), START_DELAY_SECONDS (10)
 * and APPROVAL_ABOVE (none) are the options of the worker, for a trial. With APPROVAL_ABOVE there is
 * a second operator, who can approve what the first one asks for.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join, resolve } from "node:path";

import { BUILD_STEPS } from "./build.mjs";
import { buildConsole, buildWorkers } from "./bundle.mjs";
import { HOST, serve } from "./serve.mjs";
import { ROOT } from "./setup.mjs";
import { openSignInLink } from "./sign-in-link.mjs";
import { createSteps } from "./steps.mjs";

const STATE = ".state";
const SIGNING_KEY = "sandbox-signing-key";
/** The steps of the build, and two more: building the console, and serving it. */
const STEPS = BUILD_STEPS + 2;

/** The second operator of a trial of approvals. */
const APPROVER = "approver";

/** A short tour. */
const FIRST = `
  Try first: open "New hire rides 2026", then "Review 50 codes not yet distributed", and send.
  Outcomes come in by webhook while you watch. The panel "Sandbox" makes things go wrong.
`;

/** A user error: printed without a stack trace. */
class Advice extends Error {}

/** @typedef {{ isSandbox: boolean, name: string, bindings: Record<string, any> }} Side */

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
  // The child processes do not need them.
  for (const secret of ["UBER_CLIENT_SECRET", "UBER_SIGNING_KEY"]) delete process.env[secret];
  await refuseBusy(port);
  process.chdir(ROOT);
  await run(process.execPath, [join("scripts", "build.mjs"), String(STEPS)]);
  const state = await openState(side);
  const adminToken = await readAdminToken(state);
  const above = side.bindings["APPROVAL_ABOVE"];
  const givenTokens = variable("OPERATOR_TOKENS");
  const approverToken = above && !givenTokens && (await storedToken(state, `${APPROVER}-token`));
  // A separate folder for each port: a second process must not replace the files of the first.
  const out = join(ROOT, "build", "start", String(port));
  const step = createSteps(STEPS, BUILD_STEPS);
  const workers = await bundle(step, side, out, port);
  const operatorTokens = approverToken
    ? JSON.stringify({ [APPROVER]: approverToken })
    : givenTokens;
  const signIn = { ADMIN_TOKEN: adminToken, OPERATOR_TOKENS: operatorTokens };
  const bindings = { ...side.bindings, ...signIn };
  await step({ title: "Starting the worker and the console", seconds: 1 }, async () => {
    // The sandbox shares its thread with them: while it writes a long list, they would count as idle.
    miniflare = await serve({ port, bindings, workers, out, state, keepsObjects: true });
  });
  const origin = `http://${HOST}:${port}`;
  await refuseUnusable(origin);
  const linkFor = (/** @type {string} */ token) => openSignInLink({ host: HOST, origin, token });
  const link = await linkFor(adminToken);
  const approval = approverToken
    ? `
  A job of more than ${above} codes waits for a second operator, "${APPROVER}". In another browser profile, open:
  ${await linkFor(approverToken)}
  Sign in there with the token: ${approverToken}
`
    : "";
  console.log(`
  ${side.name}

  Open this, which signs you in (once, on this machine):
  ${link}
  Afterwards: ${origin}/
  Sign in with the admin token: ${adminToken}
${approval}${side.isSandbox ? FIRST : ""}
  Ctrl+C stops it. Its state is kept in ${state}
`);
}

/**
 * The console and the workers, in `out`.
 * @param {ReturnType<typeof createSteps>} step
 * @param {Side} side
 * @param {string} out
 * @param {number} port
 */
async function bundle(step, side, out, port) {
  const list = join(out, "workers.json");
  await step(
    {
      name: `console-${port}-${side.isSandbox ? "sandbox" : "uber"}`,
      title: "Building the console and its workers",
      seconds: 10,
      inputs: [
        "dist",
        "www/console",
        "www/worker",
        "www/sandbox",
        "package-lock.json",
        "scripts/bundle.mjs",
      ].map((path) => join(ROOT, path)),
      outputs: [join(out, "console"), join(out, "workers", "worker.js"), list],
    },
    async () => {
      await buildConsole(out);
      const workers = await buildWorkers(out, {
        worker: "www/worker/index.ts",
        ...(side.isSandbox && { sandbox: "www/sandbox/index.ts" }),
      });
      await writeFile(list, JSON.stringify(workers));
    },
  );
  return JSON.parse(await readFile(list, "utf8"));
}

// ---------------------------------------------------------------------------
// Environment variables

function readPort() {
  const port = Number(variable("PORT") || 8787);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Advice("PORT must be a number from 1 to 65535.");
}

/**
 * Which side the worker uses, and the bindings that it needs.
 * @returns {Side}
 */
function readSide() {
  const needed = ["UBER_CLIENT_ID", "UBER_CLIENT_SECRET", "UBER_ORGANIZATION_ID"];
  const optional = ["UBER_SIGNING_KEY", "UBER_BASE_URL", "UBER_TOKEN_URL", "UBER_SCOPE"];
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
        UBER_SIGNING_KEY: SIGNING_KEY,
        SANDBOX_FAULTS: readFaults(),
        SANDBOX_WEBHOOKS: readRate(),
        SANDBOX_LARGE: readLarge(),
        // A short time for trying it out: real reports can take much longer.
        SETTLE_MINUTES: variable("SETTLE_MINUTES") || "1",
        START_DELAY_SECONDS: variable("START_DELAY_SECONDS"),
        APPROVAL_ABOVE: variable("APPROVAL_ABOVE"),
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
        : `Uber at ${host}: treat every message as real`,
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
        `SANDBOX_FAULTS: "${fault}" must be a name and a probability, like error_after=0.5.`,
      );
    }),
  );
}

function readRate() {
  const rate = Number(variable("SANDBOX_WEBHOOKS") || 20);
  if (rate >= 0 && rate <= 1_000) return rate;
  throw new Advice("SANDBOX_WEBHOOKS must be a number of webhooks a second, from 0 to 1000.");
}

function readLarge() {
  const codes = Number(variable("SANDBOX_LARGE") || 0);
  if (Number.isInteger(codes) && codes >= 0 && codes <= 1_000_000) return codes;
  throw new Advice("SANDBOX_LARGE must be a number of codes, from 0 to 1000000.");
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
 * Checked before the build, which takes a minute.
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
            ? `Port ${port} is in use. Stop the process that uses it, or choose another port: PORT=${next} npm start`
            : `Port ${port} can't be opened (${error.code}). Choose another: PORT=8787 npm start`,
        ),
      );
    });
    server.listen(port, HOST, () => server.close(() => resolve()));
  });
}

// ---------------------------------------------------------------------------
// State

/**
 * The folder of the objects' databases, locked for this process: two processes would overwrite
 * each other's files.
 * @param {Side} side
 */
async function openState(side) {
  const folder = join(
    resolve(variable("STATE") || STATE),
    side.isSandbox ? "sandbox" : side.bindings["UBER_ORGANIZATION_ID"].replace(/[^\w.-]/g, "_"),
  );
  // Only its owner may read it: it contains Uber's token.
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // The package's own lock, which the kernel releases if the process is killed.
  const { fileJournal } = await import("uber-vouchers/journal");
  if ((await fileJournal(join(folder, "lock")).lock?.()) === undefined) {
    throw new Advice(
      `Another process is using ${folder}. Stop it, or choose another folder: STATE=… npm start`,
    );
  }
  return folder;
}

/**
 * The token with which operators sign in: given, or generated once and stored.
 * @param {string} state
 */
async function readAdminToken(state) {
  const given = variable("ADMIN_TOKEN");
  if (given !== "") {
    const { LIMITS } = await import("uber-vouchers/worker-client");
    const least = LIMITS.tokenCharacters;
    if (given.length >= least) return given;
    throw new Advice(`ADMIN_TOKEN must have at least ${least} characters.`);
  }
  return storedToken(state, "admin-token");
}

/**
 * A token that is generated once, and kept in a file.
 * @param {string} state
 * @param {string} name
 */
async function storedToken(state, name) {
  const file = join(state, name);
  const kept = await readFile(file, "utf8").catch(() => "");
  if (kept !== "") return kept;
  const drawn = randomBytes(15).toString("base64url");
  await writeFile(file, drawn, { mode: 0o600 });
  return drawn;
}

/**
 * The worker itself knows which settings it can't use.
 * @param {string} origin
 */
async function refuseUnusable(origin) {
  const response = await fetch(`${origin}/`);
  if (response.status !== 503) return;
  const { code, title, hint } = /** @type {any} */ (await response.json());
  throw new Advice(`${title}. ${hint} (${code})`);
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
    // A separate process group, so that stopping it also stops its children.
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

/**
 * Ends the child processes, then this process. A second Ctrl-C doesn't wait.
 * @param {number} code
 */
async function stop(code) {
  if (stopping) process.exit(code);
  stopping = true;
  for (const { pid } of children) {
    try {
      if (pid !== undefined) process.kill(-pid, "SIGTERM");
    } catch {
      // It has already ended.
    }
  }
  await miniflare?.dispose().catch(() => undefined);
  process.exit(code);
}
