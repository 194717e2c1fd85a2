/** A stateful simulation of Uber's voucher API, for tests and for trying things out. */
import { MODULE_FAULT, isModuleSource } from "../wasm/instance.js";
import { instance } from "../wasm/sandbox-binding.js";
import { realTime, virtualTime } from "./clock.js";
import type { CoreWebhook } from "../generated/sandbox.js";
import { type Arriving, type Wait, createFetch } from "./fetch.js";
import { type Input, openJournal } from "./journal.js";
import {
  type SandboxOptions,
  type SandboxSettings,
  checkDelivery,
  checkOptions,
  checkProgramOptions,
  checkSettings,
} from "./options.js";
import type { HostRequest, PendingWebhook, Sandbox } from "./types.js";
import type { HostURL, WasmModule } from "../types.js";

export type { Clock } from "../types.js";
export type { Journal } from "../journal/types.js";
export type {
  DeliverWebhooksOptions,
  SandboxEventForm,
  SandboxFault,
  SandboxOptions,
  SandboxProgramOptions,
  SandboxSettings,
} from "./options.js";

export type {
  HostFetch,
  HostRequest,
  PendingWebhook,
  Sandbox,
  SandboxProgram,
  SandboxProgramSummary,
} from "./types.js";

const DEFAULTS: Required<SandboxSettings> = {
  failureRate: 0,
  eventForm: "batch",
  useRate: 0,
  faults: {},
};

/** How long Uber waits for the response to a webhook (stated for another product). */
const WEBHOOK_TIMEOUT_MS = 10_000;

/**
 * Sets the sandbox's module, for hosts and bundles that can't find it automatically:
 * compiled, its bytes (`uber-vouchers/sandbox/wasm`), or its URL. Call it before
 * `createSandbox`. Anything else is a TypeError.
 */
export function setModule(module: WasmModule | ArrayBuffer | Uint8Array | HostURL): void {
  if (!isModuleSource(module)) throw new TypeError(`setModule: \`module\` ${MODULE_FAULT}`);
  instance.provide(() => module);
}

/**
 * Creates a sandbox without programs, or restores the one in `journal`. Wrong options
 * reject with a TypeError.
 */
export async function createSandbox(options?: SandboxOptions): Promise<Sandbox> {
  const checked = checkOptions(options);
  const { webhookUrl, realTime: isRealTime, latencyMs, journal: given, ...rest } = checked;
  const { failureRate, eventForm, useRate, faults, ...identity } = { ...DEFAULTS, ...rest };
  const glue = await instance.load();
  const { generation } = instance;
  const use = <T>(call: () => T): T => {
    if (!instance.isLive(generation)) {
      throw new Error("The sandbox's WebAssembly instance crashed; create another sandbox");
    }
    return instance.callSync(call);
  };
  const create = (settings: SandboxSettings) =>
    use(
      () =>
        new glue.Sandbox({
          ...identity,
          ...settings,
          ...(latencyMs !== undefined && {
            latencyMs: typeof latencyMs === "number" ? [latencyMs, latencyMs] : latencyMs,
          }),
        }),
    );

  let settings: Required<SandboxSettings> = { failureRate, eventForm, useRate, faults };
  let core = create(settings);
  let latest = 0;
  let ahead = 0;
  const repeat = (input: Input, body: Uint8Array) => {
    latest = Math.max(latest, input.at);
    // Earlier versions wrote fewer settings.
    if ("configured" in input) settings = { ...DEFAULTS, ...input.configured };
    if ("created" in input) {
      core.free();
      core = create(settings);
    } else if ("advanced" in input) {
      ahead += input.advanced;
    } else {
      const fault = use(() => core.repeat(input, body));
      if (fault !== undefined)
        throw new Error(`createSandbox: the journal can't be replayed: ${fault}`);
    }
  };
  const created = { seed: 1, signingKey: "sandbox-signing-key", ...identity };
  const beginning = { at: 0, created, configured: settings };
  const journal = given && (await openJournal(given, beginning, repeat));
  const time = isRealTime === true ? realTime(ahead) : virtualTime(latest);
  let isClosed = false;
  const checkUsable = () => {
    if (isClosed) throw new Error("The sandbox is closed");
    journal?.check();
  };

  /** Codes, each with a count, from the core's lines. */
  function counts(
    call: string,
    programId: string,
    read: (id: string) => string | undefined,
  ): Map<string, number> {
    const id = String(programId);
    const found = use(() => read(id));
    if (found === undefined) throw new TypeError(`${call}: there is no program ${id}`);
    return new Map(
      lines(found).map((line) => {
        const [code = "", times] = line.split(" ");
        return [code, Number(times)];
      }),
    );
  }

  /** Applies an input, which may be refused, and stores it. */
  function take(call: string, input: Input): void {
    checkUsable();
    const fault = use(() => core.repeat(input, new Uint8Array()));
    if (fault !== undefined) throw new TypeError(`${call}: ${fault}`);
    void journal?.add(input);
  }

  return {
    fetch: createFetch(time, ({ method, target, headers, body }: Arriving, wait: Wait) => {
      checkUsable();
      const at = time.now();
      const record = () => journal?.add({ at, request: [method, target, headers] }, body);
      // It calls back synchronously, when the core has accepted the request.
      const until = (ms: number) => wait(ms, record());
      return use(() => core.handle(method, target, headers, body, at, until));
    }),

    clock: { now: () => time.now(), sleep: (ms, signal?: AbortSignal) => time.sleep(ms, signal) },

    createProgram(programOptions) {
      const program = checkProgramOptions(programOptions);
      checkUsable();
      const at = time.now();
      const created = use(() => core.createProgram(program, at));
      if (typeof created === "string") throw new TypeError(`createProgram: ${created}`);
      void journal?.add({ at, program });
      return { programId: created.programId, codes: lines(created.codes) };
    },

    programs: () => use(() => core.programs()),

    get settings() {
      return { ...settings, faults: { ...settings.faults } };
    },

    configure(wanted) {
      const changes = checkSettings(wanted);
      checkUsable();
      const at = time.now();
      const configured = {
        ...settings,
        ...changes,
        faults: { ...settings.faults, ...changes.faults },
      };
      use(() => core.repeat({ at, configured }, new Uint8Array()));
      settings = configured;
      void journal?.add({ at, configured });
    },

    deliveries(programId) {
      return counts("deliveries", programId, (id) => core.deliveries(id));
    },

    uses(programId) {
      return counts("uses", programId, (id) => core.uses(id, time.now()));
    },

    get usedCodes() {
      return use(() => core.usedCodes(time.now()));
    },

    redeem(programId, code) {
      take("redeem", { at: time.now(), redeemed: [String(programId), String(code)] });
    },

    cancel(programId, code) {
      take("cancel", { at: time.now(), cancelled: [String(programId), String(code)] });
    },

    webhooks: () => use(() => core.dueWebhooks(time.now())).map(described),

    get waitingWebhooks() {
      return use(() => core.waitingWebhooks());
    },

    get deliveredWebhooks() {
      return use(() => core.deliveredWebhooks());
    },

    get nextWebhookAt() {
      return use(() => core.nextWebhookAt());
    },

    async deliverWebhooks(send, deliveryOptions) {
      const { limit = Infinity } = checkDelivery(deliveryOptions);
      if (send == null && webhookUrl === undefined) {
        throw new TypeError("deliverWebhooks: pass `send`, or `webhookUrl` to createSandbox");
      }
      // Webhooks that become due meanwhile are left for the next call, so that this one ends.
      const until = time.now();
      // The cause of a due webhook is at least a second old, so it came before this.
      if (journal !== undefined) await journal.settled();
      let delivered = 0;
      for (let count = 0; count < limit; count += 1) {
        checkUsable();
        const webhook = use(() => core.takeDueWebhook(until));
        if (webhook === undefined) break;
        const { id, dueAt, body, headers } = webhook;
        let isAcknowledged = false;
        try {
          const url = webhookUrl ?? "https://receiver.invalid/";
          const request = new Request(url, { method: "POST", headers, body });
          const result = await (send ?? post)(request);
          isAcknowledged = result.status === 200;
        } catch {
          // A receiver that can't be reached did not acknowledge.
        }
        // After this sandbox is closed, another one may be using the journal.
        checkUsable();
        const at = time.now();
        use(() => core.webhookAnswered(id, isAcknowledged, at));
        journal?.addLater({ at, answered: [id, dueAt, isAcknowledged] });
        if (isAcknowledged) delivered += 1;
      }
      if (journal !== undefined) await journal.settled();
      return delivered;
    },

    advance(ms) {
      checkUsable();
      time.advance(ms);
      void journal?.add({ at: time.now(), advanced: ms });
    },

    async close() {
      isClosed = true;
      await journal?.close();
    },
  };
}

async function post(request: HostRequest): Promise<{ status: number }> {
  const signal = AbortSignal.timeout(WEBHOOK_TIMEOUT_MS);
  const response = await globalThis.fetch(request, { signal, redirect: "manual" });
  // Frees the connection; the content of the body does not matter.
  await response.body?.cancel();
  return response;
}

function described({ dueAt, attempt, headers, body }: CoreWebhook): PendingWebhook {
  const fields = Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
  return {
    dueAt,
    attempt,
    headers: fields,
    body: new TextDecoder().decode(body),
    signature: fields["x-uber-signature"] ?? "",
    environment: fields["x-environment"] ?? "",
  };
}

function lines(text: string): string[] {
  return text === "" ? [] : text.trimEnd().split("\n");
}
