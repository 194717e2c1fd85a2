/** A stateful simulation of Uber's voucher API, for tests and for trying things out. */
import { instance } from "./sandbox-binding.js";
import { realTime, virtualTime } from "./sandbox-clock.js";
import { type CoreReply, createFetch } from "./sandbox-fetch.js";
import {
  type SandboxOptions,
  type SandboxProgramOptions,
  checkOptions,
  checkProgramOptions,
} from "./sandbox-options.js";
import type { Clock } from "./types.js";

export type { Clock } from "./types.js";
export type { SandboxFault, SandboxOptions, SandboxProgramOptions } from "./sandbox-options.js";

/** The platform's `fetch`, or its shape where the platform's types have none. */
export type HostFetch = typeof globalThis extends { fetch: infer F }
  ? F
  : (input: any, init?: any) => Promise<any>;

/** The platform's `Request`, or its shape where the platform's types have none. */
export type HostRequest = typeof globalThis extends { Request: { prototype: infer T } }
  ? T
  : {
      readonly url: string;
      readonly method: string;
      readonly headers: any;
      text(): Promise<string>;
    };

/**
 * A webhook that is due. It can be handed to `verifyWebhook` as it is.
 *
 * What is in a `voucher_program_code_distributed` is not documented; this is
 * the sandbox's own choice: `codes: [{ code_uuid, status, reason? }]`, with the
 * status `distributed` or `failed`.
 */
export interface PendingWebhook {
  /** When it was, or is, to go out; epoch milliseconds on the sandbox's clock. */
  readonly dueAt: number;
  /** Which attempt comes next, from 1 to 7. */
  readonly attempt: number;
  /** `content-type`, `x-environment` and `x-uber-signature`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body that was signed. */
  readonly body: string;
  /** `X-Uber-Signature` */
  readonly signature: string;
  /** `X-Environment` */
  readonly environment: string;
}

/** A program that was created. */
export interface SandboxProgram {
  /** What calls on the program take. */
  programId: string;
  /** The codes to distribute, in the order in which Uber would list them. */
  codes: string[];
}

/** The other side of the wire. */
export interface Sandbox {
  /**
   * Pass it as the client's `fetch`. It answers the token endpoint and the API
   * on any host. Redirects (of `/oauth/v2/authorize`) are not followed.
   */
  readonly fetch: HostFetch;
  /** Pass it as the client's `clock`, and no test waits. */
  readonly clock: Clock;
  /** Creates a program with its codes. */
  createProgram(options?: SandboxProgramOptions): SandboxProgram;
  /**
   * The truth that Uber never tells: how often each code was sent to its
   * recipient, also where the outcome was "failed". A code that was never sent
   * is not in the map.
   */
  deliveries(programId: string): Map<string, number>;
  /** The webhooks that are due and not delivered. They come seconds after the call: `advance`. */
  webhooks(): readonly PendingWebhook[];
  /**
   * Delivers what is due, one after the other, and returns how many were
   * acknowledged with a 200. What is not comes again after 30 seconds, a minute,
   * two …, seven times in all. `send` is `fetch` to `webhookUrl` unless given.
   */
  deliverWebhooks(
    send?: (request: HostRequest) => Promise<{ readonly status: number }>,
  ): Promise<number>;
  /** Moves the clock on, and wakes in order whoever sleeps until then. */
  advance(ms: number): void;
}

interface CoreWebhook {
  id: number;
  dueAt: number;
  attempt: number;
  headers: [name: string, value: string][];
  body: Uint8Array<ArrayBuffer>;
}

/** As long as Uber waits for an answer to a webhook (stated for another product). */
const WEBHOOK_TIMEOUT_MS = 10_000;

/** Creates a sandbox without any program. Wrong options reject with a TypeError. */
export async function createSandbox(options?: SandboxOptions): Promise<Sandbox> {
  const { webhookUrl, realTime: isRealTime, latencyMs, ...given } = checkOptions(options);
  const glue = await instance.load();
  const core = instance.callSync(
    () =>
      new glue.Sandbox({
        ...given,
        ...(latencyMs !== undefined && {
          latencyMs: typeof latencyMs === "number" ? [latencyMs, latencyMs] : latencyMs,
        }),
      }),
  );
  const { generation } = instance;
  const use = <T>(call: () => T): T => {
    if (instance.isLost || instance.generation !== generation) {
      throw new Error("The sandbox's WebAssembly instance broke down; create another sandbox");
    }
    return instance.callSync(call);
  };
  const time = isRealTime === true ? realTime() : virtualTime();

  return {
    fetch: createFetch(time, ({ method, target, headers, body }) =>
      use(() => core.handle(method, target, headers, body, time.now()) as CoreReply),
    ) as HostFetch,

    clock: { now: () => time.now(), sleep: (ms, signal) => time.sleep(ms, signal) },

    createProgram(programOptions) {
      const checked = checkProgramOptions(programOptions);
      const created = use(() => core.createProgram(checked, time.now())) as SandboxProgram | string;
      if (typeof created === "string") throw new TypeError(`createProgram: ${created}`);
      return { programId: created.programId, codes: lines(created.codes as unknown as string) };
    },

    deliveries(programId) {
      const found = use(() => core.deliveries(String(programId)));
      if (found === undefined) throw new TypeError(`deliveries: there is no program ${programId}`);
      return new Map(
        lines(found).map((line) => {
          const [code = "", times] = line.split(" ");
          return [code, Number(times)];
        }),
      );
    },

    webhooks: () => use(() => core.dueWebhooks(time.now()) as CoreWebhook[]).map(described),

    async deliverWebhooks(send) {
      if (send === undefined && webhookUrl === undefined) {
        throw new TypeError("deliverWebhooks: pass `send`, or `webhookUrl` to createSandbox");
      }
      let delivered = 0;
      // What falls due meanwhile is left for the next call, so that this ends.
      const until = time.now();
      const next = () => use(() => core.takeDueWebhook(until) as CoreWebhook | undefined);
      for (let webhook = next(); webhook !== undefined; webhook = next()) {
        const { id, body, headers } = webhook;
        let isAcknowledged = false;
        try {
          const url = webhookUrl ?? "https://receiver.invalid/";
          const request = new Request(url, { method: "POST", headers, body });
          const answer = await (send ?? post)(request as HostRequest);
          isAcknowledged = answer.status === 200;
        } catch {
          // A receiver that can't be reached did not acknowledge.
        }
        use(() => core.webhookAnswered(id, isAcknowledged, time.now()));
        if (isAcknowledged) delivered += 1;
      }
      return delivered;
    },

    advance: (ms) => time.advance(ms),
  };
}

async function post(request: HostRequest): Promise<{ status: number }> {
  const signal = AbortSignal.timeout(WEBHOOK_TIMEOUT_MS);
  const response = await globalThis.fetch(request as Request, { signal, redirect: "manual" });
  // Frees the connection; what is in the body makes no difference.
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
