/**
 * One instance of a wasm module: loaded by the first call, replaced after a
 * trap.
 *
 * A trap (a panic, out of memory, a stack overflow) leaves an instance whose state
 * can't be trusted. All its calls and objects fail, and the next call gets a fresh
 * instance of the same module.
 */
import type { Deadline } from "../http/deadline.js";
import { VoucherError, isErrorParts, clientError, toError } from "../errors.js";
import { INSTANCE_LOST_HINT } from "../generated/protocol.js";
import { loadingHint } from "./loading-hint.js";
import { Running } from "../running.js";
import { membersOf } from "../schema.js";

/** A compiled module, its bytes, or its URL. */
export type ModuleSource = WebAssembly.Module | BufferSource | URL;

/** The parts of wasm-bindgen's generated code that every module has. */
export interface Glue {
  initSync(options: { module: WebAssembly.Module }): unknown;
  __wbg_reset_state(): void;
}

/** What the caller learns if the instance of a call is lost. */
type Doubt = "no" | "unknown";

export class Instance<G extends Glue> {
  /** Counts the replacements: objects of an older generation are gone. */
  generation = 0;

  /** The time limits of futures in the instance. */
  readonly running = new Running<Deadline>();

  readonly #glue: G;
  #source: (() => ModuleSource | Promise<ModuleSource>) | undefined;
  #loading: Promise<void> | undefined;
  #state: "unloaded" | "ready" | "lost" = "unloaded";
  readonly #pending = new Running<(cause: unknown) => void>();

  constructor(glue: G) {
    this.#glue = glue;
  }

  /** Whether objects of that generation still exist. */
  isLive(generation: number): boolean {
    return this.#state === "ready" && this.generation === generation;
  }

  /** The generated code, if the module is loaded. */
  get ready(): G | undefined {
    return this.#state === "ready" ? this.#glue : undefined;
  }

  /** Sets where the module is. Each entry of the package does so, and `setModule`. */
  provide(source: () => ModuleSource | Promise<ModuleSource>): void {
    this.#source = source;
  }

  /** Loads the module once. A `module` that is passed later is not used. */
  async load(module?: ModuleSource): Promise<G> {
    if (this.#state === "unloaded") {
      try {
        await this.#start(module);
      } catch (cause) {
        this.#loading = undefined;
        throw notLoaded(cause);
      }
    }
    if (this.#state === "lost") {
      try {
        this.#glue.__wbg_reset_state();
      } catch (cause) {
        throw notLoaded(cause);
      }
      this.generation += 1;
      this.#state = "ready";
    }
    return this.#glue;
  }

  async #start(module: ModuleSource | undefined): Promise<void> {
    const source = module ?? this.#source?.();
    if (source === undefined)
      throw new Error("This entry of the package does not define where the module is");
    if (isModule(source)) {
      // Without waiting: in an edge worker a promise belongs to the request that created it, and
      // other requests must not wait for it.
      this.#glue.initSync({ module: source });
      this.#state = "ready";
      return;
    }
    this.#loading ??= this.#compile(source);
    await this.#loading;
  }

  async #compile(source: ModuleSource | Promise<ModuleSource>): Promise<void> {
    const found = await source;
    const bytes = isUrl(found) ? await download(found) : found;
    const module = isModule(bytes) ? bytes : await WebAssembly.compile(bytes);
    this.#glue.initSync({ module });
    this.#state = "ready";
  }

  /**
   * Runs an asynchronous call in the instance. It also settles if the instance is lost
   * meanwhile; `queued` is what is known then.
   */
  async call<T>(queued: Doubt, use: (glue: G) => T | Promise<T>): Promise<T> {
    let index = 0;
    // Converted to an error here, after an await, so that its stack includes the caller.
    try {
      return await new Promise<T>((resolve, reject) => {
        index = this.#pending.add((cause) => reject(this.#lostError(queued, cause)));
        Promise.resolve(use(this.#glue)).then(resolve, reject);
      });
    } catch (error) {
      throw this.#toError(queued, error);
    } finally {
      this.#pending.remove(index);
    }
  }

  /** Runs a synchronous call. */
  callSync<T>(use: (glue: G) => T): T {
    try {
      return use(this.#glue);
    } catch (error) {
      throw this.#toError("no", error);
    }
  }

  #toError(queued: Doubt, error: unknown): unknown {
    if (error instanceof VoucherError) return error;
    if (isErrorParts(error)) return toError(error);
    // The core reports all other errors as values, so this is a trap.
    this.lose(error);
    return this.#lostError(queued, error);
  }

  /** The instance trapped: everything in it is gone. */
  lose(cause: unknown): void {
    if (this.#state !== "ready") return;
    this.#state = "lost";
    for (const lost of this.#pending.all()) lost(cause);
    for (const deadline of this.running.all()) deadline.end();
  }

  #lostError(queued: Doubt, cause: unknown): VoucherError {
    return toError({
      class: "JobError",
      code: "instance_lost",
      queued,
      message: "The WebAssembly instance crashed",
      hint: INSTANCE_LOST_HINT,
      cause,
    });
  }
}

/** Recognized by its tag: an edge runtime compiles in another realm than it runs code in. */
export function isModule(value: unknown): value is WebAssembly.Module {
  return tagOf(value) === "[object WebAssembly.Module]";
}

/** The tag of an object, of any realm. */
const tagOf = (value: unknown): string => Object.prototype.toString.call(value);

/** A URL of any realm, and of any bundler. */
function isUrl(value: unknown): value is URL {
  return typeof membersOf(value)["href"] === "string";
}

/** Describes what is wrong with a value that is not a module. */
export const MODULE_FAULT = "must be a WebAssembly.Module, its bytes, or a URL";

/** Whether it is a module, or one can be compiled from it. */
export function isModuleSource(value: unknown): value is ModuleSource {
  const isBytes = tagOf(value) === "[object ArrayBuffer]" || ArrayBuffer.isView(value);
  return isBytes || isModule(value) || (typeof value === "object" && isUrl(value));
}

const DOWNLOAD_MS = 30_000;

// Not as a stream: that needs the right media type, and the module is small.
async function download(url: URL): Promise<ArrayBuffer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_MS) });
  if (!response.ok) throw new Error(`${url.href} responded with ${response.status}`);
  return response.arrayBuffer();
}

function notLoaded(cause: unknown): VoucherError {
  const message = "The WebAssembly module could not be loaded";
  return clientError("connection_failed", message, loadingHint(cause), { cause });
}
