/** What JavaScript lends to the wasm: the object that `src/wasm/host.rs` knows. */
import { instance } from "./binding.js";
import { type AnyClock, DONE, Deadline, type Outcome, hostClock, pause } from "./deadline.js";
import { quietly } from "./errors.js";
import type { TokenSource } from "./token-source.js";
import { type Answer, type TransportOptions, read, send } from "./transport.js";
import type { CallSignal, Clock, FetchInit } from "./types.js";

/** None of these throws, and every promise resolves. */
export interface Host {
  now(): number;
  deadline(ms: number, signal: CallSignal | undefined): Deadline;
  send(url: string, init: FetchInit, attempt: number, within: Deadline): Promise<Outcome>;
  read(answer: Answer, part: boolean, within: Deadline): Promise<Outcome>;
  token(rejected: string | undefined, ms: number, signal?: CallSignal): Promise<Outcome>;
  wait(ms: number, signal: CallSignal | undefined): Promise<Outcome>;
}

/** The functions among a client's options. */
export type HostOptions = Omit<TransportOptions, "now"> & { clock?: Clock };

/** Makes the host of one client, or of one call that needs no token. */
export function createHost(options: HostOptions, tokens?: () => TokenSource): Host {
  const clock = options.clock ?? hostClock;
  const now = () => timeOf(clock);
  const transport = { ...options, now };
  const none = { kind: DONE, value: undefined, hasLeft: false } as const;
  return {
    now,
    deadline: (ms, signal) => new Deadline(clock, ms, signal, instance.running),
    send: (url, init, attempt, within) => live(send(transport, url, init, attempt, within)),
    read: (answer, part, within) => live(read(answer, part, within)),
    token: (rejected, ms, signal) => live(tokens?.().get(rejected, ms, signal) ?? none),
    wait: (ms, signal) => live(pause(clock, ms, signal)),
  };
}

/** What a future of the instance waits for; never there, once the instance is lost. */
async function live(work: Outcome | Promise<Outcome>): Promise<Outcome> {
  const { generation } = instance;
  const outcome = await work;
  const isLost = instance.isLost || instance.generation !== generation;
  return isLost ? new Promise<never>(() => {}) : outcome;
}

/** A clock's time; the host's where the clock fails. */
export function timeOf(clock: AnyClock): number {
  const now = quietly(() => clock.now());
  return Number.isFinite(now) ? (now as number) : Date.now();
}
