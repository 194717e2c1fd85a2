/** The requests of a job: tokens for them, and what came of them. */
import { DONE, ERROR, FAILED, type Outcome, TIMEOUT } from "../http/deadline.js";
import { type ErrorParts, VoucherError, isUnsent, quietly, refusal, toError } from "../errors.js";
import type { Host } from "../wasm/host.js";
import type { JobMachine } from "../wasm/job-machine.js";
import type { Template } from "../wasm/results.js";

/** Errors with all that came with them; of others, the journal's words are left. */
const MOST_ERRORS = 1_000;

export class Requests {
  /** What keeps the run from going on; for whoever ends it to take. */
  halt: VoucherError | undefined;
  /** What proved nothing, the last of it: the cause of a halt. */
  doubt: unknown;
  /** Whether the server has said that there were too many requests: the next wait is for that. */
  isLimited = false;

  readonly #machine: JobMachine;
  readonly #host: Host;
  readonly #timeoutMs: number;
  /** Tells the core what came of a request. */
  readonly #report: (work: () => void) => void;
  readonly #template: Template;
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
  }

  /** The last error of a batch, with all that came with it, unless that was long ago. */
  errorOf(batch: number): VoucherError | undefined {
    return this.#errors.get(batch);
  }

  /** Gets a token for a batch. */
  token(batch: number, renew: boolean): void {
    const rejected = renew ? this.#tokens.get(batch) : undefined;
    const coming = this.#host.token(rejected, this.#timeoutMs, undefined);
    // One that is here is taken at once: the next poll sends the batch.
    if (!(coming instanceof Promise)) this.#takeToken(batch, coming);
    else void coming.then((outcome) => this.#report(() => this.#takeToken(batch, outcome)));
  }

  #takeToken(batch: number, { kind, value }: Outcome<string | undefined>): void {
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
    const init = { ...shared, headers: { ...shared.headers, ...authorization }, body };
    const deadline = host.deadline(this.#timeoutMs, undefined);
    const { kind, value, hasLeft } = await host.send(url, init, attempt, deadline);
    if (kind === FAILED && !hasLeft) {
      this.#report(() => {
        this.#remember(batch, { ...this.#machine.unsent(batch), cause: value });
      });
    } else if (kind !== DONE) {
      this.#report(() => {
        const parts = this.#machine.lost(batch, kind === TIMEOUT ? "timeout" : "connection_failed");
        this.doubt = this.#remember(batch, { ...parts, cause: value });
      });
    } else {
      const patienceMs = quietly(() => this.#machine.bodyPatienceMs(value));
      const isNeeded = patienceMs !== undefined;
      const body = isNeeded ? (await host.read(value, patienceMs, deadline)).value : "";
      this.#report(() => {
        const parts = this.#machine.answered(batch, value, String(body));
        if (parts === undefined) return;
        const error = this.#remember(batch, parts);
        if (error.queued === "unknown") this.doubt = error;
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

  /** Keeps the last error of a batch with all that came with it. */
  #keepError(batch: number, error: VoucherError): void {
    this.#errors.delete(batch);
    this.#errors.set(batch, error);
    const { value: oldest } = this.#errors.keys().next();
    if (oldest !== undefined && this.#errors.size > MOST_ERRORS) this.#errors.delete(oldest);
  }
}

function noToken(isTimeout: boolean, cause: unknown): VoucherError {
  const hint = "See `cause`. Nothing has left.";
  const code = isTimeout ? "timeout" : "connection_failed";
  return refusal(code, "Getting a token failed", hint, { cause });
}
