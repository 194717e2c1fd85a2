/** The requests of a job: gets their tokens, and reports their results. */
import { DONE, ERROR, FAILED, type HostResult, TIMEOUT } from "../http/deadline.js";
import {
  type ErrorParts,
  VoucherError,
  isUnsent,
  tryOrUndefined,
  clientError,
  toError,
} from "../errors.js";
import { headersOf } from "../http/headers.js";
import type { Host } from "../wasm/host.js";
import type { JobMachine } from "../wasm/job-machine.js";
import type { Template } from "../wasm/results.js";

/** The most complete errors that are kept; older ones are rebuilt from the journal. */
const MAX_ERRORS = 1_000;

export class Requests {
  /** The error that ends the run, until the run takes it. */
  halt: VoucherError | undefined;
  /** The last error that proves nothing either way: the cause of `halted`. */
  lastUnproven: unknown;
  /** Whether the server reported too many requests: the next wait is due to that. */
  isLimited = false;

  readonly #machine: JobMachine;
  readonly #host: Host;
  readonly #timeoutMs: number;
  /** Reports the result of a request to the core. */
  readonly #report: (work: () => void) => void;
  readonly #template: Template;
  /** The header fields of every request, without the token. */
  readonly #headers: Record<string, string>;
  readonly #tokens = new Map<number, string>();
  readonly #errors = new Map<number, VoucherError>();

  constructor(
    machine: JobMachine,
    host: Host,
    timeoutMs: number,
    report: (work: () => void) => void,
  ) {
    this.#machine = machine;
    this.#host = host;
    this.#timeoutMs = timeoutMs;
    this.#report = report;
    this.#template = machine.request();
    this.#headers = Object.fromEntries(headersOf(this.#template[1].headers));
  }

  /** The last error of a batch with all its details, if it is recent enough to be kept. */
  errorOf(batch: number): VoucherError | undefined {
    return this.#errors.get(batch);
  }

  /** Gets a token for a batch. */
  token(batch: number, renew: boolean): void {
    const rejected = renew ? this.#tokens.get(batch) : undefined;
    const coming = this.#host.token(rejected, this.#timeoutMs, undefined);
    // A cached token is used synchronously, so that the next poll sends the batch.
    if (!(coming instanceof Promise)) this.#takeToken(batch, coming);
    else void coming.then((outcome) => this.#report(() => this.#takeToken(batch, outcome)));
  }

  #takeToken(batch: number, { kind, value }: HostResult<string | undefined>): void {
    if (kind === DONE) {
      if (value !== undefined) this.#tokens.set(batch, value);
      this.#machine.token(batch);
      return;
    }
    const error = kind === ERROR ? value : noToken(kind === TIMEOUT, value);
    if (this.#machine.noToken(batch, error)) this.halt ??= error;
    else if (isUnsent(error)) this.#keepError(batch, error);
  }

  async send(batch: number, attempt: number, body: string): Promise<void> {
    const host = this.#host;
    const [url, shared] = this.#template;
    const token = this.#tokens.get(batch);
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const init = { ...shared, headers: { ...this.#headers, ...authorization }, body };
    const deadline = host.deadline(this.#timeoutMs, undefined);
    const { kind, value, requestSent: requestSent } = await host.send(url, init, attempt, deadline);
    if (kind === FAILED && !requestSent) {
      this.#report(() => {
        this.#remember(batch, { ...this.#machine.unsent(batch), cause: value });
      });
    } else if (kind !== DONE) {
      this.#report(() => {
        const parts = this.#machine.lost(batch, kind === TIMEOUT ? "timeout" : "connection_failed");
        this.lastUnproven = this.#remember(batch, { ...parts, cause: value });
      });
    } else {
      const patienceMs = tryOrUndefined(() => this.#machine.bodyPatienceMs(value));
      const isNeeded = patienceMs !== undefined;
      const body = isNeeded ? (await host.read(value, patienceMs, deadline)).value : "";
      this.#report(() => {
        const parts = this.#machine.answered(batch, value, String(body));
        if (parts === undefined) return;
        const error = this.#remember(batch, parts);
        if (error.queued === "unknown") this.lastUnproven = error;
      });
    }
    deadline.end();
  }

  #remember(batch: number, parts: ErrorParts): VoucherError {
    const error = toError(parts);
    if (error.code === "rate_limited") this.isLimited = true;
    this.#keepError(batch, error);
    return error;
  }

  /** Keeps the last error of a batch with all its details. */
  #keepError(batch: number, error: VoucherError): void {
    this.#errors.delete(batch);
    this.#errors.set(batch, error);
    const { value: oldest } = this.#errors.keys().next();
    if (oldest !== undefined && this.#errors.size > MAX_ERRORS) this.#errors.delete(oldest);
  }
}

function noToken(isTimeout: boolean, cause: unknown): VoucherError {
  const hint = "See `cause`. Nothing was sent.";
  const code = isTimeout ? "timeout" : "connection_failed";
  return clientError(code, "Getting a token failed", hint, { cause });
}
