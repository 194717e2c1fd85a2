/** One job as it happens: a WebSocket that comes back by itself. */
import { useEffect, useState } from "preact/hooks";

import { apiOfJob } from "./jobs.js";
import { Problem, toProblem } from "./problem.js";
import { getJson } from "./request.js";
import { session, sessionNow, signedIn, signedOut } from "./session-state.js";
import type { JobDetail, LiveMessage } from "./types.js";

export interface Watched {
  job: JobDetail | null;
  /** When its figures were true, in epoch milliseconds. */
  at: number | null;
  isConnected: boolean;
  problem: Problem | null;
}

const SIGNED_OUT = 4401;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** A connection that has died in silence is noticed within both together. */
const PING_MS = 10_000;
const PONG_MS = 5_000;

const NOTHING: Watched = { job: null, at: null, isConnected: false, problem: null };

export function useLiveJob(programId: string, jobId: string): Watched {
  const [watched, setWatched] = useState(NOTHING);
  useEffect(() => {
    const watch = new Watch(programId, jobId, (change) =>
      setWatched((before) => ({ ...before, ...change(before) })),
    );
    return () => watch.end();
  }, [programId, jobId]);
  return watched;
}

type Change = (before: Watched) => Partial<Watched>;

class Watch {
  #socket: WebSocket | undefined;
  #wait = FIRST_WAIT_MS;
  #again: ReturnType<typeof setTimeout> | undefined;
  #ping: ReturnType<typeof setInterval> | undefined;
  #pong: ReturnType<typeof setTimeout> | undefined;
  readonly #stop = new AbortController();

  constructor(
    readonly programId: string,
    readonly jobId: string,
    readonly tell: (change: Change) => void,
  ) {
    const { signal } = this.#stop;
    const now = () => this.#connectNow();
    addEventListener("online", now, { signal });
    addEventListener("offline", () => this.#lost(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || now(), { signal });
    signal.addEventListener(
      "abort",
      session.subscribe(() => session.get().state === "in" && now()),
    );
    this.#connect();
  }

  end(): void {
    this.#stop.abort();
    this.#drop();
    clearTimeout(this.#again);
  }

  #connectNow(): void {
    if (this.#socket !== undefined) return;
    this.#wait = FIRST_WAIT_MS;
    this.#connect();
  }

  #connect(): void {
    clearTimeout(this.#again);
    // After signing in it connects at once.
    if (session.get().state === "out") return;
    const url = new URL(`${apiOfJob(this.programId, this.jobId)}/live`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const asked = sessionNow();
    const socket = new WebSocket(url);
    this.#socket = socket;
    let isOpen = false;
    socket.onopen = () => {
      isOpen = true;
      signedIn(asked);
      this.#wait = FIRST_WAIT_MS;
      this.#ping = setInterval(() => this.#check(socket), PING_MS);
    };
    socket.onmessage = ({ data }) => {
      clearTimeout(this.#pong);
      if (data === "pong") this.tell(() => ({ at: Date.now() }));
      else this.tell(taken(JSON.parse(String(data)) as LiveMessage));
    };
    socket.onclose = ({ code }) => {
      if (this.#socket !== socket) return;
      // A refusal of the connection does not say why; a plain request does.
      if (code === SIGNED_OUT) signedOut(["token"]);
      else if (!isOpen) void this.#ask();
      this.#lost();
    };
  }

  #check(socket: WebSocket): void {
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send("ping");
    clearTimeout(this.#pong);
    this.#pong = setTimeout(() => this.#lost(), PONG_MS);
  }

  async #ask(): Promise<void> {
    const { signal } = this.#stop;
    try {
      const job = await getJson<JobDetail>(apiOfJob(this.programId, this.jobId), signal);
      this.tell(() => ({ job, at: Date.now(), problem: null }));
    } catch (error) {
      if (!signal.aborted) this.tell(() => ({ problem: toProblem(error) }));
    }
  }

  #lost(): void {
    this.#drop();
    this.tell(() => ({ isConnected: false }));
    if (this.#stop.signal.aborted) return;
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#connect(), this.#wait * (0.75 + Math.random() / 2));
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
  }

  #drop(): void {
    clearInterval(this.#ping);
    clearTimeout(this.#pong);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }
}

function taken(message: LiveMessage): Change {
  const now = { at: Date.now(), isConnected: true, problem: null };
  if (message.type === "job") return () => ({ ...now, job: message.job });
  const { type: _, sample, ...changed } = message;
  return ({ job }) => {
    if (job === null) return now;
    const last = job.samples.at(-1);
    const isNew = sample !== null && (last === undefined || sample[0] > last[0]);
    const samples = isNew ? [...job.samples, sample] : job.samples;
    return { ...now, job: { ...job, ...changed, samples } };
  };
}
