/** One job as it happens: a WebSocket that comes back by itself. */
import type { JobDetail, JobMessage } from "../worker/types.js";
import { type Connection, type LiveSocket } from "./connection.js";
import { WorkerError, connectionFailed } from "./error.js";

/** What is known of a job that is watched. */
export interface WatchedJob {
  /** As it was told last; `null` until then. */
  job: JobDetail | null;
  /** When that was true, in epoch milliseconds. */
  at: number | null;
  /** Whether changes are told as they happen. */
  isConnected: boolean;
  /** Why there is no connection, where the worker has said so. */
  error: WorkerError | null;
}

const SIGNED_OUT = 4401;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** A connection that has died without a word is noticed within both together. */
const PING_MS = 10_000;
const PONG_MS = 5_000;
/** Asking again would be answered in the same way. */
const FINAL: ReadonlySet<string> = new Set(["not_signed_in", "foreign_origin", "not_found"]);

/** What a page tells of its connection and of being looked at; other hosts tell nothing. */
interface PageEvents {
  addEventListener?(type: string, listener: () => void, options: { signal: AbortSignal }): void;
  document?: { readonly hidden: boolean } & Pick<PageEvents, "addEventListener">;
}

/** @internal */
export class Watch {
  #watched: WatchedJob = { job: null, at: null, isConnected: false, error: null };
  #socket: LiveSocket | undefined;
  #waitMs = FIRST_WAIT_MS;
  #again: ReturnType<typeof setTimeout> | undefined;
  #ping: ReturnType<typeof setInterval> | undefined;
  #pong: ReturnType<typeof setTimeout> | undefined;
  readonly #stop = new AbortController();

  constructor(
    readonly connection: Connection,
    /** The job's path. */
    readonly path: string,
    readonly listener: (watched: WatchedJob) => void,
  ) {
    const { signal } = this.#stop;
    const now = () => this.#connectNow();
    const page = globalThis as PageEvents;
    page.addEventListener?.("online", now, { signal });
    page.addEventListener?.("offline", () => this.#lost(), { signal });
    const { document } = page;
    const shown = () => document?.hidden || now();
    document?.addEventListener?.("visibilitychange", shown, { signal });
    this.#connect();
  }

  end(): void {
    this.#stop.abort();
    this.#drop();
    clearTimeout(this.#again);
  }

  #tell(change: Partial<WatchedJob>): void {
    if (this.#stop.signal.aborted) return;
    this.#watched = { ...this.#watched, ...change };
    this.listener(this.#watched);
  }

  #connectNow(): void {
    if (this.#socket !== undefined || FINAL.has(this.#watched.error?.code ?? "")) return;
    this.#waitMs = FIRST_WAIT_MS;
    this.#connect();
  }

  #connect(): void {
    clearTimeout(this.#again);
    const socket = this.connection.socket(`${this.path}/live`);
    this.#socket = socket;
    let isOpen = false;
    socket.onopen = () => {
      isOpen = true;
      this.#waitMs = FIRST_WAIT_MS;
      this.#ping = setInterval(() => this.#check(socket), PING_MS);
    };
    socket.onmessage = ({ data }) => {
      if (this.#socket !== socket) return;
      clearTimeout(this.#pong);
      if (data === "pong") this.#tell({ at: Date.now() });
      else this.#take(messageIn(String(data)));
    };
    // `onclose` follows, and says all that there is to know.
    socket.onerror = () => {};
    socket.onclose = ({ code }) => {
      if (this.#socket !== socket) return;
      // A refusal of the connection does not say why; a plain request does.
      if (!isOpen || code === SIGNED_OUT) void this.#ask();
      this.#lost();
    };
  }

  #check(socket: LiveSocket): void {
    if (this.#socket !== socket) return;
    socket.send("ping");
    clearTimeout(this.#pong);
    this.#pong = setTimeout(() => this.#lost(), PONG_MS);
  }

  async #ask(): Promise<void> {
    const { signal } = this.#stop;
    try {
      const job = await this.connection.get<JobDetail>(this.path, signal);
      this.#tell({ job, at: Date.now(), error: null });
    } catch (cause) {
      const error = cause instanceof WorkerError ? cause : connectionFailed(cause, "no");
      this.#tell({ error });
      if (FINAL.has(error.code)) clearTimeout(this.#again);
    }
  }

  #take(message: JobMessage): void {
    const now = { at: Date.now(), isConnected: true, error: null };
    if (message.type === "job") return void this.#tell({ ...now, job: message.job });
    const { type: _, sample, ...changed } = message;
    const { job } = this.#watched;
    if (job === null) return void this.#tell(now);
    const last = job.samples.at(-1);
    const isNew = sample !== null && (last === undefined || sample[0] > last[0]);
    const samples = isNew ? [...job.samples, sample] : job.samples;
    this.#tell({ ...now, job: { ...job, ...changed, samples } });
  }

  #lost(): void {
    this.#drop();
    this.#tell({ isConnected: false });
    if (this.#stop.signal.aborted) return;
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#connect(), this.#waitMs * (0.75 + Math.random() / 2));
    this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
  }

  #drop(): void {
    clearInterval(this.#ping);
    clearTimeout(this.#pong);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }
}

function messageIn(text: string): JobMessage {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- The worker sends nothing else.
  return JSON.parse(text) as JobMessage;
}
