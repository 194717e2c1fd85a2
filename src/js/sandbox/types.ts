/** What a sandbox is, for whoever has one. */
import type { Clock } from "../types.js";
import type { DeliverWebhooksOptions, SandboxProgramOptions, SandboxSettings } from "./options.js";

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
 * What is in a `voucher_program_code_distributed` is not documented; its form is
 * the sandbox's own choice, see `SandboxEventForm`. A use because of `useRate` is
 * announced by a `voucher_program_code_redeemed`, which names no code.
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

/** A program as `programs` lists it. */
export interface SandboxProgramSummary {
  /** What calls on the program take. */
  programId: string;
  /** What a search shows. */
  name: string;
  /** How many codes it has. */
  codes: number;
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
  /** Creates a program with its codes. An id that is taken is refused. */
  createProgram(options?: SandboxProgramOptions): SandboxProgram;
  /** All programs there are, in the order of their creation. */
  programs(): SandboxProgramSummary[];
  /** What `configure` has set, or else `createSandbox`. */
  readonly settings: Readonly<Required<SandboxSettings>>;
  /**
   * Sets what is given, each fault for itself, and leaves the rest. Webhooks
   * that wait already keep their outcomes.
   */
  configure(settings: SandboxSettings): void;
  /**
   * The truth that Uber never tells: how often each code was sent to its
   * recipient, also where the outcome was "failed". A code that was never sent
   * is not in the map.
   */
  deliveries(programId: string): Map<string, number>;
  /**
   * The recipient of a code claims its voucher and uses it once: what Uber's reading
   * endpoints then show. They can do so whether or not it was sent. No webhook tells of it.
   */
  redeem(programId: string, code: string): void;
  /**
   * Cancels a code, as *Cancel Codes* does: `listCodes` then has its `canceledAt`. Whether
   * Uber distributes a cancelled code is unknown; the sandbox does.
   */
  cancel(programId: string, code: string): void;
  /**
   * The truth of use: how often each code was used by now, by `redeem` or because of
   * `useRate`. A code that was never used is not in the map.
   */
  uses(programId: string): Map<string, number>;
  /** How many codes of all programs were used by now. */
  readonly usedCodes: number;
  /** The webhooks that are due and not delivered. They come seconds after the call: `advance`. */
  webhooks(): readonly PendingWebhook[];
  /** How many webhooks are neither acknowledged nor given up, due or not. */
  readonly waitingWebhooks: number;
  /** How many webhooks were acknowledged. */
  readonly deliveredWebhooks: number;
  /** When the next webhook that is not under way is due; undefined if none waits. */
  readonly nextWebhookAt: number | undefined;
  /**
   * Delivers what is due, one after the other, and returns how many were
   * acknowledged with a 200. What is not comes again after 30 seconds, a minute,
   * two …, seven times in all. `send` is `fetch` to `webhookUrl` unless given.
   * Calls at the same time share what is due, so that several are under way.
   */
  deliverWebhooks(
    send?: (request: HostRequest) => Promise<{ readonly status: number }>,
    options?: DeliverWebhooksOptions,
  ): Promise<number>;
  /** Moves the clock on, and wakes in order whoever sleeps until then. */
  advance(ms: number): void;
  /**
   * Ends the sandbox: resolves once all that happened is in the journal, and
   * gives that back for another sandbox. Requests after it are refused.
   */
  close(): Promise<void>;
}
