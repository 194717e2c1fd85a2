/**
 * One instance of a wasm module: loaded by the first call, replaced after a
 * trap.
 *
 * A trap (a panic, no memory left, the stack at its end) leaves an instance in
 * which nothing can be trusted. It fails what lived in it, and the next call
 * gets a fresh instance of the same module.
 */
import type { Deadline } from "../http/deadline.js";
import { VoucherError, isErrorParts, refusal, toError } from "../errors.js";
import { loadingHint } from "./loading-hint.js";
import { Running } from "../running.js";
import { membersOf } from "../schema.js";

/** A compiled module, its bytes, or where it can be fetched. */
export type ModuleSource = WebAssembly.Module | BufferSource | URL;

/** What is needed of the glue that wasm-bindgen generates for every module. */
export interface Glue {
  initSync(options: { module: WebAssembly.Module }): unknown;
  __wbg_reset_state(): void;
}

/** What the caller of an instance may learn of a call that it lost. */
type Doubt = "no" | "unknown";

export class Instance<G extends Glue> {
  /** Counts the replacements: what was made in an older generation is gone. */
  generation = 0;

  /** The time limits that futures of the instance wait under. */
  readonly running = new Running<Deadline>();

  readonly #glue: G;
  #source: (() => ModuleSource | Promise<ModuleSource>) | undefined;
  #loading: Promise<void> | undefined;
  #state: "unloaded" | "ready" | "lost" = "unloaded";
  readonly #pending = new Running<(cause: unknown) => void>();

  constructor(glue: G) {
    this.#glue = glue;
  }

  /** Whether what was made in that generation is there still. */
  isLive(generation: number): boolean {
    return this.#state === "ready" && this.generation === generation;
  }

  /** Says where the module is. Each entry of the package does, and `setModule`. */
  provide(source: () => ModuleSource | Promise<ModuleSource>): void {
    this.#source = source;
  }

  /** Loads the module once. What `module` is given later is not used. */
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
    if (source === undefined) throw new Error("This host has no way to the module");
    if (isModule(source)) {
      // Without waiting: in an edge worker a promise belongs to the request
      // that made it, and other requests must not wait for that one.
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
   * Runs what may wait in the instance. It settles also if the instance is
   * lost meanwhile; `queued` is what is known then.
   */
  async call<T>(queued: Doubt, use: (glue: G) => T | Promise<T>): Promise<T> {
    let place = 0;
    // Made into an error here, behind an await, so that its stack leads on to
    // the caller.
    try {
      return await new Promise<T>((resolve, reject) => {
        place = this.#pending.add((cause) => reject(this.#lostError(queued, cause)));
        Promise.resolve(use(this.#glue)).then(resolve, reject);
      });
    } catch (error) {
      throw this.#toError(queued, error);
    } finally {
      this.#pending.remove(place);
    }
  }

  /** Runs what does not wait. */
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
    // The core reports in no other way: this is a trap.
    this.lose(error);
    return this.#lostError(queued, error);
  }

  /** What lives in it is gone: it trapped. */
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
      message: "The WebAssembly instance broke down",
      hint: "See `queued` before you send again, and report this with `cause`.",
      cause,
    });
  }
}

/** Taken by its tag: an edge runtime compiles outside of the realm that it runs code in. */
export function isModule(value: unknown): value is WebAssembly.Module {
  return tagOf(value) === "[object WebAssembly.Module]";
}

/** What kind of object it is, of any realm. */
const tagOf = (value: unknown): string => Object.prototype.toString.call(value);

/** A URL of any realm, and of any bundler. */
function isUrl(value: unknown): value is URL {
  return typeof membersOf(value)["href"] === "string";
}

/** What is wrong with what is no module. */
export const MODULE_FAULT = "must be a WebAssembly.Module, its bytes, or a URL";

/** Whether a module can be made of it. */
export function isModuleSource(value: unknown): value is ModuleSource {
  const isBytes = tagOf(value) === "[object ArrayBuffer]" || ArrayBuffer.isView(value);
  return isBytes || isModule(value) || (typeof value === "object" && isUrl(value));
}

const DOWNLOAD_MS = 30_000;

// Not as a stream: that needs the right media type, and the module is small.
async function download(url: URL): Promise<ArrayBuffer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_MS) });
  if (!response.ok) throw new Error(`${url.href} answered ${response.status}`);
  return response.arrayBuffer();
}

function notLoaded(cause: unknown): VoucherError {
  const message = "The WebAssembly module could not be loaded";
  return refusal("connection_failed", message, loadingHint(cause), { cause });
}
