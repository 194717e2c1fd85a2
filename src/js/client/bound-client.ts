/** Binds a client to its object in the wasm instance, and runs calls on it. */
import { type Binding, instance } from "../wasm/binding.js";
import { clientError } from "../errors.js";
import { CALL_DISTRIBUTE, CALL_DISTRIBUTE_ALL, CALL_REQUEST_TOKEN } from "../generated/protocol.js";
import { DONE, Deadline, FAILED, hostClock } from "../http/deadline.js";
import { type Host, createHost, timeOf } from "../wasm/host.js";
import { type CheckedOptions, type ClientSettings, checkClientOptions } from "./options.js";
import { type TokenRules, TokenSource } from "./token-source.js";
import type { CallBinding, CallResults, ClientBinding } from "../wasm/results.js";
import type { CallOptions, CallSignal, ClientOptions, TokenSet } from "../types.js";

const NO_IDS = new Uint8Array();

/** Created again when the instance was replaced. */
export class BoundClient {
  readonly #checked: CheckedOptions;
  #host: Host | undefined;
  #made: { generation: number; binding: ClientBinding } | undefined;

  constructor(options: ClientOptions) {
    this.#checked = checkClientOptions(options);
  }

  get settings(): ClientSettings {
    return this.#checked.settings;
  }

  /** The wasm, the client in it, and the host. */
  async context(): Promise<{ glue: Binding; client: ClientBinding; host: Host }> {
    const client = await this.binding();
    const glue = await instance.load();
    return { glue, client, host: this.#hostBy(glue) };
  }

  /** Runs a call of the core. */
  async call<O extends keyof CallResults>(
    operation: O,
    input: object,
    call: CallOptions,
    ids: Uint8Array = NO_IDS,
  ): Promise<CallResults[O]> {
    // Get it again: the instance may have been replaced while codes were read.
    const binding = await this.binding(call);
    const queues = operation === CALL_DISTRIBUTE || operation === CALL_DISTRIBUTE_ALL;
    const { settings } = this.#checked;
    return instance.call(queues ? "unknown" : "no", () =>
      runCall<O>(binding.call(operation, withDefaults(input, call, settings), ids, call.signal)),
    );
  }

  /** The wasm client. Returned synchronously if it exists, since each promise costs time. */
  binding({ signal }: CallOptions = {}): ClientBinding | Promise<ClientBinding> {
    const made = this.#made;
    const isThere = made !== undefined && signal === undefined && instance.isLive(made.generation);
    return isThere ? made.binding : this.#bind(signal);
  }

  async #bind(signal: CallSignal | undefined): Promise<ClientBinding> {
    const checked = this.#checked;
    const glue = await unlessAborted(signal, () => instance.load(checked.module));
    if (this.#made?.generation !== instance.generation) {
      const host = this.#hostBy(glue);
      const binding = instance.callSync(() => new glue.Client(checked.settings, host));
      this.#made = { generation: instance.generation, binding };
    }
    return this.#made.binding;
  }

  #hostBy(glue: Binding): Host {
    return (this.#host ??= hostOf(this.#checked, glue));
  }
}

interface CallDefaults {
  timeoutMs: number;
  maxRetries: number;
}

/** Fills in the client's defaults. */
function withDefaults(input: object, call: CallOptions, defaults: CallDefaults): object {
  const { timeoutMs, maxRetries } = defaults;
  const { timeoutMs: ownTimeoutMs = timeoutMs, maxRetries: ownMaxRetries = maxRetries } = call;
  return Object.assign(input, { timeoutMs: ownTimeoutMs, maxRetries: ownMaxRetries });
}

function hostOf({ host: options, auth, settings }: CheckedOptions, glue: Binding): Host {
  const clock = options.clock ?? hostClock;
  const rules: TokenRules = {
    request: (refreshToken) => requestToken(settings, host, { refreshToken }),
    isStale: ({ expiresAt, renewAt = glue.renewAt(expiresAt) }) =>
      // An `expiresAt` that is not a number counts as expired.
      !(Math.min(expiresAt, renewAt) > timeOf(clock)),
  };
  const tokens = new TokenSource(auth, rules, clock, settings.timeoutMs);
  const host = createHost(options, () => tokens);
  return host;
}

/**
 * Requests tokens through a temporary wasm client: if the host held the caller's,
 * neither could ever be freed.
 */
export async function requestToken(
  settings: CallDefaults,
  host: Host,
  input: object,
  call: CallOptions = {},
): Promise<TokenSet> {
  await instance.load();
  return instance.call("no", (glue) => {
    const client = new glue.Client(settings, host);
    const pending = client.call(
      CALL_REQUEST_TOKEN,
      withDefaults(input, call, settings),
      NO_IDS,
      call.signal,
    );
    client.free();
    return runCall<typeof CALL_REQUEST_TOKEN>(pending);
  });
}

/** Runs a call's state machine to the end. */
async function runCall<O extends keyof CallResults>(call: CallBinding): Promise<CallResults[O]> {
  const { generation } = instance;
  try {
    for (let input: unknown; ;) {
      const [pending, result] = call.step(input);
      // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- `Inner::result` gives what stands there for the operation.
      if (pending === undefined) return result as CallResults[O];
      input = pending instanceof Promise ? await pending : pending;
    }
  } finally {
    // After a trap there is nothing to free.
    if (instance.isLive(generation)) call.free();
  }
}

/** Stops waiting when the signal is aborted. The work itself continues. */
export async function unlessAborted<T>(
  signal: CallSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (signal === undefined) return work();
  const deadline = new Deadline(hostClock, Infinity, signal);
  const outcome = await deadline.race(work);
  deadline.end();
  if (outcome.kind === DONE) return outcome.value;
  if (outcome.kind === FAILED) throw outcome.value;
  const hint = "Your signal was aborted before anything was sent.";
  throw clientError("aborted", "The call was aborted", hint, { cause: outcome.value });
}
