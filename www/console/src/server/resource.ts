/** Data from the API: cached while it is read again, and refreshed automatically. */
import { useCallback, useEffect } from "preact/hooks";

import { type Store, createStore, useStore } from "../store.js";
import { offlineSince } from "./connection.js";
import { type WorkerError, toWorkerError } from "./error.js";
import { getJson } from "./request.js";
import { session, sessionNow, signedIn } from "./session-state.js";

export interface Loaded<T> {
  /** The last value; it is kept if reading again fails. */
  value: T | null;
  /** The time of the value, in epoch milliseconds. */
  at: number | null;
  problem: WorkerError | null;
  isBusy: boolean;
}

const NOTHING: Loaded<never> = { value: null, at: null, problem: null, isBusy: false };
/** A younger value is not read again for another screen. */
const FRESH_MS = 1_000;

/** How many expensive reads at Uber run at a time. */
const MAX_THROTTLED = 2;
const THROTTLED_FRESH_MS = 60_000;

const stores = new Map<string, Store<Loaded<unknown>>>();
const observers = new Map<string, number>();
/** How resources are read that need more than one response. */
const readers = new Map<string, (path: string) => Promise<unknown>>();

function storeOf<T>(path: string): Store<Loaded<T>> {
  const found = stores.get(path) ?? createStore<Loaded<unknown>>(NOTHING);
  stores.set(path, found);
  return found as Store<Loaded<T>>;
}

/** Reads it again. Never throws: the store has the result. */
export async function reload(path: string): Promise<void> {
  const store = storeOf<unknown>(path);
  if (store.get().isBusy) return;
  store.set({ ...store.get(), isBusy: true });
  const asked = sessionNow();
  try {
    const value = await (readers.get(path) ?? getJson)(path);
    signedIn(asked);
    if (stores.get(path) === store) {
      store.set({ value, at: Date.now(), problem: null, isBusy: false });
    }
  } catch (error) {
    store.set({ ...store.get(), problem: toWorkerError(error), isBusy: false });
  }
}

/** Sets the value from the response of another call. */
export function setData<T>(path: string, change: (value: T) => T): void {
  const store = storeOf<T>(path);
  const loaded = store.get();
  if (loaded.value !== null) store.set({ ...loaded, value: change(loaded.value), at: Date.now() });
}

/** The value of this path has changed: it is read again when it is shown. */
export function invalidate(path: string): void {
  for (const [known, store] of stores) {
    if (!known.startsWith(path) || store.get().value === null) continue;
    store.set({ ...store.get(), at: 0 });
    if ((observers.get(known) ?? 0) > 0) read(known);
  }
}

/** The time of everything that is shown: that of the oldest automatic read. */
export function oldestReadAt(): number {
  let oldest = Date.now();
  for (const [path, users] of observers) {
    const { at } = storeOf(path).get();
    if (users > 0 && at !== null && at > 0 && !throttled.has(path)) oldest = Math.min(oldest, at);
  }
  return oldest;
}

/** Clears the cache. */
export function clearCache(): void {
  for (const store of stores.values()) store.set(NOTHING);
  stores.clear();
}

const throttled = new Set<string>();
const waiting: string[] = [];
let underWay = 0;

async function readNext(): Promise<void> {
  const path = waiting.shift();
  if (path === undefined) return;
  underWay += 1;
  await reload(path);
  underWay -= 1;
  void readNext();
}

function read(path: string): void {
  if (!throttled.has(path)) {
    void reload(path);
  } else if (!waiting.includes(path)) {
    waiting.push(path);
    if (underWay < MAX_THROTTLED) void readNext();
  }
}

interface Options<T> {
  /** Reads it, if it needs more than one response. */
  read?: (path: string) => Promise<T>;
  /** How often it is read again while the page is visible. */
  everyMs?: number;
  /** Few such reads run at a time, and they are not repeated soon. */
  isThrottled?: boolean;
}

/** `null` reads nothing. */
export function useResource<T>(
  path: string | null,
  { everyMs, read: reader, isThrottled: isThrottled = false }: Options<T> = {},
): Loaded<T> & { reload(): void } {
  const key = path ?? "";
  const loaded = useStore(storeOf<T>(key));
  useEffect(() => {
    if (path === null) return undefined;
    observers.set(path, (observers.get(path) ?? 0) + 1);
    if (isThrottled) throttled.add(path);
    if (reader) readers.set(path, reader);
    if (!isFresh(path)) read(path);
    const timer =
      everyMs === undefined
        ? undefined
        : setInterval(() => {
            if (!document.hidden && session.get().state !== "out") void reload(path);
          }, everyMs);
    return () => {
      clearInterval(timer);
      observers.set(path, (observers.get(path) ?? 1) - 1);
    };
  }, [path, everyMs, reader, isThrottled]);
  const again = useCallback(() => {
    if (path !== null) void reload(path);
  }, [path]);
  return { ...loaded, reload: again };
}

function isFresh(path: string): boolean {
  const { at, problem } = storeOf(path).get();
  const since = Date.now() - (throttled.has(path) ? THROTTLED_FRESH_MS : FRESH_MS);
  return at !== null && problem === null && at >= since;
}

function reloadWanted(): void {
  for (const [path, users] of observers) if (users > 0 && !isFresh(path)) read(path);
}

/**
 * Refreshes what is shown when the connection or the session is restored, or the page becomes
 * visible.
 */
export function watchResources(): void {
  offlineSince.subscribe(() => {
    if (offlineSince.get() === null) reloadWanted();
  });
  session.subscribe(() => {
    if (session.get().state === "in") reloadWanted();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && session.get().state === "in") reloadWanted();
  });
}
