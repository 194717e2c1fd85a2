/** A client's other half, in the instance of the wasm: it makes the core's calls. */
import { type Binding, instance } from "../wasm/binding.js";
import { refusal } from "../errors.js";
import { CALL_DISTRIBUTE, CALL_DISTRIBUTE_ALL, CALL_REQUEST_TOKEN } from "../generated/protocol.js";
import { DONE, Deadline, FAILED, hostClock } from "../http/deadline.js";
import { type Host, createHost, timeOf } from "../wasm/host.js";
import { type CheckedOptions, type ClientSettings, checkClientOptions } from "./options.js";
import { type TokenRules, TokenSource } from "./token-source.js";
import type { CallBinding, CallResults, ClientBinding } from "../wasm/results.js";
import type { CallOptions, CallSignal, ClientOptions, TokenSet } from "../types.js";

const NO_IDS = new Uint8Array();

/** Made anew when the instance was replaced. */
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

  /** What it is made of. */
  async parts(): Promise<{ glue: Binding; client: ClientBinding; host: Host }> {
    const client = await this.binding();
    const glue = await instance.load();
    return { glue, client, host: this.#hostBy(glue) };
  }

  /** Makes a call of the core's. */
  async call<O extends keyof CallResults>(
    operation: O,
    input: object,
    call: CallOptions,
    ids: Uint8Array = NO_IDS,
  ): Promise<CallResults[O]> {
    // Again, as the instance may have been replaced while codes were read.
    const binding = await this.binding(call);
    const queues = operation === CALL_DISTRIBUTE || operation === CALL_DISTRIBUTE_ALL;
    const { settings } = this.#checked;
    return instance.call(queues ? "unknown" : "no", () =>
      drive<O>(binding.call(operation, withDefaults(input, call, settings), ids, call.signal)),
    );
  }

  /** The other half: as it is where it is there, since each promise costs. */
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
      const settings = JSON.stringify(checked.settings);
      const binding = instance.callSync(() => new glue.Client(settings, host));
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

/** The JSON text of a call's input. What it leaves open is as the client has it. */
function withDefaults(input: object, call: CallOptions, defaults: CallDefaults): string {
  const { timeoutMs, maxRetries } = defaults;
  const { timeoutMs: ownTimeoutMs = timeoutMs, maxRetries: ownMaxRetries = maxRetries } = call;
  return JSON.stringify({ ...input, timeoutMs: ownTimeoutMs, maxRetries: ownMaxRetries });
}

function hostOf({ host: options, auth, settings }: CheckedOptions, glue: Binding): Host {
  const clock = options.clock ?? hostClock;
  const rules: TokenRules = {
    request: (refreshToken) => requestToken(settings, host, { refreshToken }),
    isStale: ({ expiresAt, renewAt = glue.renewAt(expiresAt) }) =>
      // What is no time is over.
      !(Math.min(expiresAt, renewAt) > timeOf(clock)),
  };
  const tokens = new TokenSource(auth, rules, clock, settings.timeoutMs);
  const host = createHost(options, () => tokens);
  return host;
}

/**
 * Asks for tokens, by an other half of its own: the instance holds the host, and
 * if the host held the client's, no client would ever be given back.
 */
export async function requestToken(
  settings: CallDefaults,
  host: Host,
  input: object,
  call: CallOptions = {},
): Promise<TokenSet> {
  await instance.load();
  return instance.call("no", (glue) => {
    const client = new glue.Client(JSON.stringify(settings), host);
    const asked = client.call(
      CALL_REQUEST_TOKEN,
      withDefaults(input, call, settings),
      NO_IDS,
      call.signal,
    );
    client.free();
    return drive<typeof CALL_REQUEST_TOKEN>(asked);
  });
}

/** Does what a call asks for, until it is over. */
async function drive<O extends keyof CallResults>(call: CallBinding): Promise<CallResults[O]> {
  const { generation } = instance;
  try {
    for (let came: unknown; ;) {
      const [coming, result] = call.step(came);
      // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- `Inner::result` gives what stands there for the operation.
      if (coming === undefined) return result as CallResults[O];
      came = coming instanceof Promise ? await coming : coming;
    }
  } finally {
    // What lived in an instance that was lost is gone with it.
    if (instance.isLive(generation)) call.free();
  }
}

/** Work may take its time; the caller need not wait for it. */
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
  const hint = "The signal you passed was aborted before anything left.";
  throw refusal("aborted", "The call was aborted", hint, { cause: outcome.value });
}
