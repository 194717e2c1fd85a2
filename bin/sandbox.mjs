/**
 * Serves one sandbox over HTTP on this machine: `npx uber-vouchers sandbox --help`.
 *
 * It runs in real time. Besides Uber's endpoints it has some of its own under
 * `/_sandbox/`, so that a test in another process can set it up and read its state.
 */
import { createServer } from "node:http";
import process from "node:process";
import { parseArgs } from "node:util";

import { createSandbox } from "uber-vouchers/sandbox";

const COMMAND =
  process.env["npm_lifecycle_event"] === "sandbox"
    ? "npm run sandbox --"
    : "npx uber-vouchers sandbox";
/** The values of flags that are not given. */
const DEFAULTS = {
  port: "8788",
  seed: "1",
  "failure-rate": "0.02",
  "use-rate": "0",
  latency: "20-80",
};
const HELP = `Serves a simulation of Uber's voucher API on this machine.

  ${COMMAND} [options]

  --port <number>              default: PORT, else ${DEFAULTS.port}
  --seed <integer>             same seed and same calls, same run; default: ${DEFAULTS.seed}
  --fault <name>=<probability> may be given several times; see below
  --failure-rate <0..1>        share of codes whose outcome is "failed"; default: ${DEFAULTS["failure-rate"]}
  --event-form <form>          form of the event about a distribution: batch (100 codes;
                               default), code (one), failures (only these), opaque
                               (nothing is read from it)
  --use-rate <0..1>            share of recipients who use their code, within three
                               days; default: ${DEFAULTS["use-rate"]}
  --latency <ms> or <ms>-<ms>  how long a response takes; default: ${DEFAULTS.latency}
  --webhook-url <url>          where webhooks are sent, in the background
  --organization-id, --client-id, --client-secret, --signing-key <text>
  --program <codes>[:<name>]   an initial program; may be given several times; default: three
  --no-programs                no initial programs
  --help

Faults: rate_limited, unauthorized, bad_request, error_before, error_after,
error_partial, lost_before, lost_after, hang, html_error, html_ok, webhook_lost,
webhook_duplicated, webhook_reordered, webhook_foreign.

Its own endpoints, without authentication:
  GET  /_sandbox/health
  GET  /_sandbox/settings              failure rate, event form, use rate, faults
  PUT  /_sandbox/settings              {"failureRate"?, "eventForm"?, "useRate"?, "faults"?}
  GET  /_sandbox/programs              the programs created here
  POST /_sandbox/programs              {"codes"?, "id"?, "name"?, "currencyCode"?, "guests"?}
                                       -> {"programId", "codes"}
  GET  /_sandbox/deliveries/{program}  how often each code was sent
  GET  /_sandbox/uses/{program}        how often each code has been used
  POST /_sandbox/redeem                {"program", "code"}: its recipient uses it
  POST /_sandbox/cancel                {"program", "code"}: the code is cancelled
  GET  /_sandbox/webhooks              webhooks that are due and not delivered
  POST /_sandbox/webhooks/deliver      delivers them now -> {"delivered"}
  POST /_sandbox/advance               {"ms"}: advances the clock
`;

const HOST = "127.0.0.1";
const PROGRAMS = [
  { codes: 50, name: "Board dinner, ride home" },
  { codes: 1_204, name: "Customer summit, shuttle" },
  { codes: 30_000, name: "Spring campaign, first ride" },
];
const LONGEST_BODY = 64 * 1024 * 1024;
const WEBHOOK_INTERVAL_MS = 250;

const flags = readFlags();
const port = number("--port", flags.port ?? process.env["PORT"] ?? DEFAULTS.port);
const identity = {
  organizationId: flags["organization-id"] ?? "0f8e1c1e-5a7d-4d0a-9b0e-6f1d2c3b4a59",
  clientId: flags["client-id"] ?? "sandbox-client",
  clientSecret: flags["client-secret"] ?? "sandbox-secret",
  signingKey: flags["signing-key"] ?? "sandbox-signing-key",
};
const webhookUrl = flags["webhook-url"];
const sandbox = await createSandbox({
  ...identity,
  realTime: true,
  seed: number("--seed", flags.seed ?? DEFAULTS.seed),
  failureRate: number("--failure-rate", flags["failure-rate"] ?? DEFAULTS["failure-rate"]),
  latencyMs: latency(flags.latency ?? DEFAULTS.latency),
  useRate: number("--use-rate", flags["use-rate"] ?? DEFAULTS["use-rate"]),
  ...(flags["event-form"] !== undefined && {
    eventForm: /** @type {import("uber-vouchers/sandbox").SandboxEventForm} */ (
      flags["event-form"]
    ),
  }),
  faults: Object.fromEntries((flags.fault ?? []).map(fault)),
  ...(webhookUrl !== undefined && { webhookUrl }),
}).catch((error) => fail(error.message));

/** @typedef {import("uber-vouchers/sandbox").SandboxProgramOptions} ProgramOptions */
/** @typedef {import("node:http").IncomingMessage} Incoming */
/** @typedef {import("node:http").ServerResponse} Outgoing */

for (const program of flags["no-programs"] ? [] : (flags.program?.map(programFlag) ?? PROGRAMS)) {
  sandbox.createProgram(program);
}

const server = createServer((request, response) => {
  problemResponse(request, response).catch((error) => {
    if (!response.headersSent) sendJson(response, 500, { error: String(error) });
    else response.destroy();
  });
});
// Longer than clients keep an idle connection: a request on one that is just being closed fails.
server.keepAliveTimeout = 75_000;
// The sandbox itself keeps a hanging request open, until the caller gives up.
server.requestTimeout = 0;
server.on("error", (/** @type {NodeJS.ErrnoException} */ error) => {
  fail(
    error.code === "EADDRINUSE"
      ? `Port ${port} is in use. Choose another: ${COMMAND} --port ${port + 1}`
      : error.message,
  );
});
server.listen(port, HOST, () => {
  if (webhookUrl !== undefined) deliverInBackground();
  announce(`http://${HOST}:${port}`);
});
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
    process.exit(0);
  });
}

/** @param {Incoming} request @param {Outgoing} response */
async function problemResponse(request, response) {
  const body = await bodyOf(request);
  if (body === undefined) {
    sendJson(response, 413, { error: "The body is too long" });
    return;
  }
  const target = new URL(request.url ?? "/", `http://${HOST}`);
  if (target.pathname.startsWith("/_sandbox/")) {
    control(`${request.method} ${target.pathname.slice("/_sandbox/".length)}`, body, response);
    return;
  }
  // Ends a wait, even of a hanging request, when the caller disconnects.
  const gone = new AbortController();
  const { method = "GET" } = request;
  response.once("close", () => gone.abort());
  let reply;
  try {
    const hasBody = method !== "GET" && method !== "HEAD";
    reply = await sandbox.fetch(target, {
      method,
      headers: fields(request),
      redirect: "manual",
      signal: gone.signal,
      ...(hasBody && { body }),
    });
  } catch {
    // The connection was lost, by the sandbox or by the caller.
    request.socket.destroy();
    return;
  }
  const bytes = Buffer.from(await reply.arrayBuffer());
  response.writeHead(reply.status, {
    ...Object.fromEntries(reply.headers),
    "content-length": bytes.length,
  });
  response.end(bytes);
}

/** @param {string} route @param {Buffer} body @param {Outgoing} response */
function control(route, body, response) {
  const [, truth, program = ""] = /^GET (deliveries|uses)\/([^/]+)$/.exec(route) ?? [];
  try {
    const given = () => (body.length === 0 ? {} : JSON.parse(body.toString("utf8")));
    if (truth === "deliveries" || truth === "uses") {
      const counts = sandbox[truth](decodeURIComponent(program));
      sendJson(response, 200, Object.fromEntries(counts));
    } else if (route === "GET settings") {
      sendJson(response, 200, sandbox.settings);
    } else if (route === "PUT settings") {
      sandbox.configure(given());
      sendJson(response, 200, sandbox.settings);
    } else if (route === "POST redeem" || route === "POST cancel") {
      const { program: programId, code } = given();
      sandbox[route === "POST redeem" ? "redeem" : "cancel"](programId, code);
      sendJson(response, 200, {});
    } else if (route === "GET health") {
      sendJson(response, 200, { now: sandbox.clock.now() });
    } else if (route === "GET programs") {
      sendJson(response, 200, sandbox.programs());
    } else if (route === "POST programs") {
      sendJson(response, 201, sandbox.createProgram(given()));
    } else if (route === "GET webhooks") {
      sendJson(response, 200, sandbox.webhooks());
    } else if (route === "POST webhooks/deliver") {
      sandbox.deliverWebhooks().then(
        (delivered) => sendJson(response, 200, { delivered }),
        (error) => sendJson(response, 400, { error: messageOf(error) }),
      );
    } else if (route === "POST advance") {
      sandbox.advance(given().ms);
      sendJson(response, 200, { now: sandbox.clock.now() });
    } else {
      sendJson(response, 404, { error: "There is no such endpoint" });
    }
  } catch (error) {
    sendJson(response, 400, { error: messageOf(error) });
  }
}

function deliverInBackground() {
  let isFirstFailure = true;
  const deliver = async () => {
    const due = sandbox.webhooks().length;
    if (due > 0 && (await sandbox.deliverWebhooks()) < due && isFirstFailure) {
      isFirstFailure = false;
      console.warn(`${webhookUrl} did not acknowledge a webhook with 200. It will be sent again.`);
    }
    setTimeout(deliver, WEBHOOK_INTERVAL_MS);
  };
  void deliver();
}

/** @param {string} base */
function announce(base) {
  /** @type {[string, string][]} */
  const lines = [
    ["Base URL", base],
    ["Token URL", `${base}/oauth/v2/token`],
    ["Authorize URL", `${base}/oauth/v2/authorize`],
    ["Organization", identity.organizationId],
    ["Client id", identity.clientId],
    ["Client secret", identity.clientSecret],
    ["Signing key", identity.signingKey],
    ["Webhooks", webhookUrl ?? "kept; --webhook-url <url> delivers them"],
    ["Faults", flags.fault?.join(", ") ?? "none; --fault rate_limited=0.1 adds one"],
    ...sandbox
      .programs()
      .map(
        ({ programId, name, codes }) =>
          /** @type {[string, string]} */ ([
            "Program",
            `${programId}  ${codes.toLocaleString("en")} codes  ${name}`,
          ]),
      ),
  ];
  console.log("A sandbox of Uber's voucher API. Nothing here reaches Uber.\n");
  for (const [name, value] of lines) console.log(`  ${name.padEnd(14)} ${value}`);
  console.log(`\nMore: ${COMMAND} --help. Stop with Ctrl+C.`);
}

function readFlags() {
  const text = /** @type {const} */ ({ type: "string" });
  try {
    const { values } = parseArgs({
      // The first argument is the command.
      args: process.argv.slice(3),
      options: {
        port: text,
        seed: text,
        fault: { type: "string", multiple: true },
        "failure-rate": text,
        "event-form": text,
        "use-rate": text,
        latency: text,
        "webhook-url": text,
        "organization-id": text,
        "client-id": text,
        "client-secret": text,
        "signing-key": text,
        program: { type: "string", multiple: true },
        "no-programs": { type: "boolean" },
        help: { type: "boolean" },
      },
    });
    if (values.help) {
      console.log(HELP);
      process.exit(0);
    }
    return values;
  } catch (error) {
    return fail(`${messageOf(error)}\n\n${HELP}`);
  }
}

/** @param {string} flag @param {string} value */
function number(flag, value) {
  const parsed = Number(value);
  if (value.trim() === "" || !Number.isFinite(parsed))
    fail(`${flag} must be a number, not "${value}"`);
  return parsed;
}

/** @param {string} value @returns {[number, number]} */
function latency(value) {
  const [from = "", to = from] = value.split("-");
  return [number("--latency", from), number("--latency", to)];
}

/** @param {string} value @returns {[string, number]} */
function fault(value) {
  const [name = "", probability = ""] = value.split("=");
  return [name, number(`--fault ${name}=<probability>`, probability)];
}

/** @param {string} value @returns {ProgramOptions} */
function programFlag(value) {
  const [codes = "", name] = value.split(/:(.*)/s);
  return { codes: number("--program", codes), ...(name && { name }) };
}

/** @param {Incoming} request */
function fields({ rawHeaders }) {
  /** @type {[string, string][]} */
  const pairs = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    pairs.push([rawHeaders[index] ?? "", rawHeaders[index + 1] ?? ""]);
  }
  return pairs;
}

/** The body; undefined if it is too long. @param {Incoming} request */
async function bodyOf(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > LONGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @param {Outgoing} response @param {number} status @param {unknown} body */
function sendJson(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message);
  process.exit(1);
}
