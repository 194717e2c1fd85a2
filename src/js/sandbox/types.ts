/** The public types of a sandbox. */
import type { SandboxProgramSummary } from "../generated/sandbox.js";
import type { Clock } from "../types.js";
import type { DeliverWebhooksOptions, SandboxProgramOptions, SandboxSettings } from "./options.js";

export type { SandboxProgramSummary };

/** The platform's `fetch`, or its shape if the platform's types don't have it. */
export type HostFetch = typeof globalThis extends { fetch: infer F }
  ? F
  : (input: any, init?: any) => Promise<any>;

/** The platform's `Request`, or its shape if the platform's types don't have it. */
export type HostRequest = typeof globalThis extends { Request: { prototype: infer T } }
  ? T
  : {
      readonly url: string;
      readonly method: string;
      readonly headers: any;
      text(): Promise<string>;
    };

/**
 * A webhook that is due. It can be passed to `verifyWebhook` unchanged.
 *
 * The content of a `voucher_program_code_distributed` is not documented; its form is
 * the sandbox's own choice, see `SandboxEventForm`. A use because of `useRate` is
 * announced by a `voucher_program_code_redeemed`, which names no code.
 */
export interface PendingWebhook {
  /** When it was, or is, due; epoch milliseconds on the sandbox's clock. */
  readonly dueAt: number;
  /** The number of the next attempt, from 1 to 7. */
  readonly attempt: number;
  /** `content-type`, `x-environment` and `x-uber-signature`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The signed body. */
  readonly body: string;
  /** `X-Uber-Signature` */
  readonly signature: string;
  /** `X-Environment` */
  readonly environment: string;
}

/** A program that was created. */
export interface SandboxProgram {
  /** The id, by which calls name the program. */
  programId: string;
  /** The codes to distribute, in the order in which Uber would list them. */
  codes: string[];
}

/** A simulation of Uber's side. */
export interface Sandbox {
  /**
   * Pass it as the client's `fetch`. It answers requests to the token endpoint and the
   * API on any host. Redirects (of `/oauth/v2/authorize`) are not followed.
   */
  readonly fetch: HostFetch;
  /** Pass it as the client's `clock`, so that tests never wait. */
  readonly clock: Clock;
  /** Creates a program with its codes. An id that exists is refused. */
  createProgram(options?: SandboxProgramOptions): SandboxProgram;
  /** All programs, in the order of their creation. */
  programs(): SandboxProgramSummary[];
  /** The current settings, from `configure` or `createSandbox`. */
  readonly settings: Readonly<Required<SandboxSettings>>;
  /**
   * Changes the given settings, each fault separately, and keeps the others. Webhooks
   * that are waiting keep their outcomes.
   */
  configure(settings: SandboxSettings): void;
  /**
   * The truth that Uber never reports: how often each code was sent to its recipient,
   * even if the outcome was "failed". A code that was never sent is not in the map.
   */
  deliveries(programId: string): Map<string, number>;
  /**
   * The recipient of a code claims its voucher and uses it once, as Uber's reading
   * endpoints then show. This works whether or not the code was sent. No webhook reports
   * it.
   */
  redeem(programId: string, code: string): void;
  /**
   * Cancels a code, as *Cancel Codes* does: `listCodes` then has its `canceledAt`. Whether
   * Uber distributes a cancelled code is unknown; the sandbox does.
   */
  cancel(programId: string, code: string): void;
  /**
   * The truth about usage: how often each code has been used, by `redeem` or because of
   * `useRate`. A code that was never used is not in the map.
   */
  uses(programId: string): Map<string, number>;
  /** How many codes of all programs have been used. */
  readonly usedCodes: number;
  /**
   * The webhooks that are due and not delivered. They are due some seconds after the call: use
   * `advance`.
   */
  webhooks(): readonly PendingWebhook[];
  /** How many webhooks are neither acknowledged nor given up, whether due or not. */
  readonly waitingWebhooks: number;
  /** How many webhooks were acknowledged. */
  readonly deliveredWebhooks: number;
  /** When the next webhook that is not under way is due; undefined if none is waiting. */
  readonly nextWebhookAt: number | undefined;
  /**
   * Delivers the webhooks that are due, one after the other, and returns how many were
   * acknowledged with a 200. Others are sent again after 30 seconds, a minute, two …,
   * seven times in all. `send` is `fetch` to `webhookUrl` by default. Concurrent calls
   * share the due webhooks, so that several are under way.
   */
  deliverWebhooks(
    send?: (request: HostRequest) => Promise<{ readonly status: number }>,
    options?: DeliverWebhooksOptions,
  ): Promise<number>;
  /** Advances the clock, and wakes in order everyone who sleeps until then. */
  advance(ms: number): void;
  /**
   * Closes the sandbox: resolves once everything is in the journal, and releases it for
   * another sandbox. Later requests are refused.
   */
  close(): Promise<void>;
}
