/** What JavaScript provides to the wasm: the object that `src/wasm/host.rs` describes. */
import { instance } from "./binding.js";
import {
  type AnyClock,
  DONE,
  Deadline,
  type HostResult,
  hostClock,
  pause,
} from "../http/deadline.js";
import { tryOrUndefined } from "../errors.js";
import { unawaited } from "../listeners.js";
import type { TokenSource } from "../client/token-source.js";
import { type ResponseHead, type TransportOptions, read, send } from "../http/transport.js";
import type { CallSignal, Clock, FetchInit } from "../types.js";

/** None of these functions throws, and every promise resolves. */
export interface Host {
  now: () => number;
  text(ascii: Uint8Array): string;
  deadline(ms: number, signal: CallSignal | undefined): Deadline;
  send(
    url: string,
    init: FetchInit,
    attempt: number,
    within: Deadline,
  ): Promise<HostResult<ResponseHead>>;
  read(response: ResponseHead, patienceMs: number, within: Deadline): Promise<HostResult<string>>;
  /** Returns none if none is needed. */
  token(
    rejected: string | undefined,
    ms: number,
    signal?: CallSignal,
  ): HostResult<string | undefined> | Promise<HostResult<string | undefined>>;
  wait(ms: number, signal: CallSignal | undefined): Promise<HostResult>;
}

/** The functions among a client's options. */
export type HostOptions = Omit<TransportOptions, "now"> & { clock?: Clock };

const LONG_TEXT = 1 << 17;
const decoder = new TextDecoder();
const shortText = (ascii: Uint8Array): string => decoder.decode(ascii);
let longText = shortText;

/** Sets how this host best creates a long string of ASCII. */
export function setAsciiDecoder(make: (ascii: Uint8Array) => string): void {
  longText = make;
}

/** Creates the host of one client, or of one call that needs no token. */
export function createHost(options: HostOptions, tokens?: () => TokenSource): Host {
  const clock = options.clock ?? hostClock;
  const now = () => timeOf(clock);
  const transport = { ...options, now };
  const none = { kind: DONE, value: undefined, requestSent: false } as const;
  return {
    now,
    text: (ascii) => (ascii.length < LONG_TEXT ? shortText : longText)(ascii),
    deadline: (ms, signal) => new Deadline(clock, ms, signal, instance.running),
    send: (url, init, attempt, within) => live(send(transport, url, init, attempt, within)),
    read: (response, patienceMs, within) => live(read(response, patienceMs, within)),
    token: (rejected, ms, signal) => {
      const token = tokens?.().get(rejected, ms, signal) ?? none;
      return token instanceof Promise ? live(token) : token;
    },
    wait: (ms, signal) => live(pause(clock, ms, signal)),
  };
}

/** What a future of the instance waits for; undefined once the instance is lost. */
async function live<T>(work: Promise<HostResult<T>>): Promise<HostResult<T>> {
  const { generation } = instance;
  const outcome = await work;
  return instance.isLive(generation) ? outcome : new Promise<never>(() => {});
}

/** A clock's time; the host's if the clock fails. */
export function timeOf(clock: AnyClock): number {
  const now = tryOrUndefined(() => clock.now());
  if (typeof now !== "number") unawaited(now);
  return typeof now === "number" && Number.isFinite(now) ? now : Date.now();
}
