/** The options of a sandbox, and their checks. */
import { tryOrUndefined } from "../errors.js";
import { EVENT_FORMS, FAULTS } from "../generated/protocol.js";
import type { Journal } from "../journal/types.js";
import {
  type Read,
  type Schema,
  anything,
  boolean,
  isWithin,
  only,
  readOptions,
  text,
  withMethods,
} from "../schema.js";

/**
 * A fault that a sandbox injects into calls to the API. (The token endpoint has its own limits
 * and no faults.) If several apply to one request, the first in this order takes effect.
 *
 * - `rate_limited`: 429, with a `Retry-After` in seconds, as a date, or none; nothing queued.
 * - `unauthorized`: 401; nothing queued.
 * - `bad_request`: 400; nothing queued.
 * - `error_before`: 500; nothing queued.
 * - `error_after`: 500, although everything was queued.
 * - `error_partial`: 500, after a part was queued.
 * - `lost_before`, `lost_after`: the connection breaks before, or after, everything was queued.
 * - `hang`: there is never a response; queued or not, at random, half and half.
 * - `html_error`: 502 with a web page, as from a gateway; queued or not, at random, half and
 *   half.
 * - `html_ok`: 200 with a web page, as from a captive portal; nothing queued.
 * - `webhook_lost`: a webhook is never delivered.
 * - `webhook_duplicated`: it is delivered twice, under the same message id or another.
 * - `webhook_reordered`: it arrives up to a minute late.
 * - `webhook_foreign`: an additional, correctly signed webhook about something else arrives.
 */
export type SandboxFault = (typeof FAULTS)[number];

/**
 * What the event about a distribution looks like. Uber documents neither its
 * members nor whether it is about one code or many, so each of these is a choice
 * of the sandbox:
 *
 * - `batch`: up to 100 codes, as `codes: [{ code_uuid, status, reason? }]`.
 * - `code`: one code, with `code_uuid`, `status` and `reason` in the event itself.
 * - `failures`: up to 100 codes that failed, as
 *   `failed_codes: [{ code_uuid, reason }]`; nothing of those that did not fail.
 * - `opaque`: up to 100 codes in a form from which `verifyWebhook` reads no outcome, as
 *   `report: [[code, 1], [code, 2, reason]]`, where 1 means distributed and 2 failed.
 */
export type SandboxEventForm = (typeof EVENT_FORMS)[number];

/** Settings that can be changed while a sandbox runs. */
export interface SandboxSettings {
  /** The share of codes, 0 to 1, whose outcome is "failed". Default: 0. */
  failureRate?: number;
  /** The form of the events of later distributions. Default: `batch`. */
  eventForm?: SandboxEventForm;
  /**
   * The share of recipients, 0 to 1, who use their voucher after a later delivery that
   * reached them, once, at a random moment within three days of it. Default: 0. That
   * most of them do so soon, and the three days, are choices of the sandbox.
   */
  useRate?: number;
  /** The probability, 0 to 1, of each fault. Default: 0. */
  faults?: Partial<Record<SandboxFault, number>>;
}

/** The options of `createSandbox`. */
export interface SandboxOptions extends SandboxSettings {
  /** The same seed and the same calls give the same run. Any safe integer; default: 1. */
  seed?: number;
  /** The only organization that is accepted. Default: any. */
  organizationId?: string;
  /** The only app that gets tokens. Default: any. */
  clientId?: string;
  /** Its secret. Default: any. */
  clientSecret?: string;
  /** The signing key of webhooks. Default: `sandbox-signing-key`. */
  signingKey?: string;
  /** The URL to which `deliverWebhooks` sends them. */
  webhookUrl?: string;
  /** How long a response takes in milliseconds, or its range. Default: `[20, 80]`. */
  latencyMs?: number | [number, number];
  /**
   * Whether the clock follows the wall clock (plus what `advance` added), as for a
   * sandbox that is served over HTTP. Default: false, which means virtual time.
   */
  realTime?: boolean;
  /**
   * Keeps the sandbox: one that is created with the same journal continues where this one ended, at
   * the time of the last input if time is virtual. The `SandboxSettings` are then those that were
   * set last; `seed`, `organizationId`, `clientId`, `clientSecret` and `signingKey` must be the
   * same. A response arrives once its request is durable, and a webhook is sent once its cause is.
   */
  journal?: Journal;
}

/** The options of `deliverWebhooks`. */
export interface DeliverWebhooksOptions {
  /** The most webhooks to deliver. Default: all that are due. */
  limit?: number;
}

/** The options of `createProgram`. */
export interface SandboxProgramOptions {
  /** The number of its codes. Default: 100. */
  codes?: number;
  /** Its id. Default: a UUID, generated from the seed. */
  id?: string;
  /** Its name in a search. */
  name?: string;
  /**
   * The currency of its amounts, three capital letters. Default: `USD`. A code can cost
   * at most 20, and each use costs 10.
   */
  currencyCode?: string;
  /**
   * How many of its codes have a guest, starting with the first. Default: all. Guest
   * number `n` (from 1) has the address `guest-n@example.com`, and every second guest a
   * telephone number.
   */
  guests?: number;
}

const share = only(
  (value): value is number => typeof value === "number" && value >= 0 && value <= 1,
  "must be a number from 0 to 1",
);
const amount = only(
  (value): value is number => isWithin(value, 0, Number.MAX_SAFE_INTEGER),
  "must be a whole number, 0 or more",
);
const isDuration = (value: unknown): value is number =>
  typeof value === "number" && value >= 0 && value < Infinity;

function isRange(value: unknown): value is [number, number] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [from, to] = value as unknown[];
  return isDuration(from) && isDuration(to) && from <= to;
}

const isWebUrl = (value: unknown): value is string =>
  typeof value === "string" &&
  tryOrUndefined(() => /^https?:$/.test(new URL(value).protocol)) === true;

const SETTINGS = {
  failureRate: share,
  eventForm: only(
    (value): value is SandboxEventForm => (EVENT_FORMS as readonly unknown[]).includes(value),
    `must be ${EVENT_FORMS.join(", ")}`,
  ),
  useRate: share,
  faults: anything,
};

const OPTIONS = {
  ...SETTINGS,
  seed: only((value): value is number => Number.isSafeInteger(value), "must be a safe integer"),
  organizationId: text,
  clientId: text,
  clientSecret: text,
  signingKey: text,
  webhookUrl: only(isWebUrl, "must be an absolute http or https URL"),
  latencyMs: only(
    (value): value is number | [number, number] => isDuration(value) || isRange(value),
    "must be a number of milliseconds, or a pair [from, to]",
  ),
  realTime: boolean,
  journal: withMethods<Journal>("append", "read", "truncate"),
};

const PROGRAM_OPTIONS = { codes: amount, id: text, name: text, currencyCode: text, guests: amount };

// eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- There is one of each.
const FAULT_SHARES = Object.fromEntries(FAULTS.map((fault) => [fault, share])) as Record<
  SandboxFault,
  typeof share
>;

/** Checks the options; throws a TypeError that names the wrong one. */
export function checkOptions(options: unknown): SandboxOptions {
  return withFaults("createSandbox", read("createSandbox", options, OPTIONS));
}

/** Checks the settings; throws a TypeError that names the wrong one. */
export function checkSettings(settings: unknown): SandboxSettings {
  return withFaults("configure", read("configure", settings, SETTINGS));
}

/** Checks the options of a delivery; throws a TypeError that names the wrong one. */
export function checkDelivery(options: unknown): DeliverWebhooksOptions {
  return read("deliverWebhooks", options, { limit: amount });
}

/** Checks the options of a program; throws a TypeError that names the wrong one. */
export function checkProgramOptions(options: unknown): SandboxProgramOptions {
  return read("createProgram", options, PROGRAM_OPTIONS);
}

function read<S extends Schema>(call: string, options: unknown, schema: S, where = ""): Read<S> {
  const error = (message: string, cause?: unknown) => new TypeError(message, { cause });
  return readOptions(options === undefined ? {} : options, schema, {
    call: `${call}: `,
    where,
    error,
  });
}

function withFaults<T extends { faults?: unknown }>(call: string, { faults, ...others }: T) {
  if (faults === undefined) return others;
  return { ...others, faults: read(call, faults, FAULT_SHARES, "faults.") };
}
