/** What is read from the API: kept while it is read again, and read again by itself. */
import { useCallback, useEffect } from "preact/hooks";

import { type Store, createStore, useStore } from "../store.js";
import { lostSince } from "./connection.js";
import { type WorkerError, toWorkerError } from "./error.js";
import { getJson } from "./request.js";
import { session, sessionNow, signedIn } from "./session-state.js";

export interface Loaded<T> {
  /** What was read last; it stays when reading again fails. */
  value: T | null;
  /** When it was true, in epoch milliseconds. */
  at: number | null;
  problem: WorkerError | null;
  isBusy: boolean;
}

const NOTHING: Loaded<never> = { value: null, at: null, problem: null, isBusy: false };
/** What is younger is not read again when another screen asks for it. */
const FRESH_MS = 1_000;

/** So many readings that cost Uber's patience are under way at a time. */
const MOST_COSTLY = 2;
const COSTLY_FRESH_MS = 60_000;

const stores = new Map<string, Store<Loaded<unknown>>>();
const wanted = new Map<string, number>();
/** How those are read that are more than one answer. */
const readers = new Map<string, (path: string) => Promise<unknown>>();

function storeOf<T>(path: string): Store<Loaded<T>> {
  const found = stores.get(path) ?? createStore<Loaded<unknown>>(NOTHING);
  stores.set(path, found);
  return found as Store<Loaded<T>>;
}

/** Reads it again. Never throws: the store says what became of it. */
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

/** What an answer to another call has said of it. */
export function learn<T>(path: string, change: (value: T) => T): void {
  const store = storeOf<T>(path);
  const loaded = store.get();
  if (loaded.value !== null) store.set({ ...loaded, value: change(loaded.value), at: Date.now() });
}

/** What is known under this path has changed: it is read again when somebody looks. */
export function outdate(path: string): void {
  for (const [known, store] of stores) {
    if (!known.startsWith(path) || store.get().value === null) continue;
    store.set({ ...store.get(), at: 0 });
    if ((wanted.get(known) ?? 0) > 0) read(known);
  }
}

/** When everything that is shown was true: the oldest reading of all that is read by itself. */
export function allTrueAt(): number {
  let oldest = Date.now();
  for (const [path, users] of wanted) {
    const { at } = storeOf(path).get();
    if (users > 0 && at !== null && at > 0 && !costly.has(path)) oldest = Math.min(oldest, at);
  }
  return oldest;
}

/** Lets go of everything. */
export function forgetAll(): void {
  for (const store of stores.values()) store.set(NOTHING);
  stores.clear();
}

const costly = new Set<string>();
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
  if (!costly.has(path)) {
    void reload(path);
  } else if (!waiting.includes(path)) {
    waiting.push(path);
    if (underWay < MOST_COSTLY) void readNext();
  }
}

interface Options<T> {
  /** Reads it, where one answer is not all of it. */
  read?: (path: string) => Promise<T>;
  /** It is read again so often while the page is seen. */
  everyMs?: number;
  /** It is read a few at a time, and not again soon. */
  isCostly?: boolean;
}

/** `null` reads nothing. */
export function useResource<T>(
  path: string | null,
  { everyMs, read: reader, isCostly = false }: Options<T> = {},
): Loaded<T> & { reload(): void } {
  const key = path ?? "";
  const loaded = useStore(storeOf<T>(key));
  useEffect(() => {
    if (path === null) return undefined;
    wanted.set(path, (wanted.get(path) ?? 0) + 1);
    if (isCostly) costly.add(path);
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
      wanted.set(path, (wanted.get(path) ?? 1) - 1);
    };
  }, [path, everyMs, reader, isCostly]);
  const again = useCallback(() => {
    if (path !== null) void reload(path);
  }, [path]);
  return { ...loaded, reload: again };
}

function isFresh(path: string): boolean {
  const { at, problem } = storeOf(path).get();
  const since = Date.now() - (costly.has(path) ? COSTLY_FRESH_MS : FRESH_MS);
  return at !== null && problem === null && at >= since;
}

function reloadWanted(): void {
  for (const [path, users] of wanted) if (users > 0 && !isFresh(path)) read(path);
}

/** Mends what is shown when the connection or the session is back, or the page is looked at. */
export function watchResources(): void {
  lostSince.subscribe(() => {
    if (lostSince.get() === null) reloadWanted();
  });
  session.subscribe(() => {
    if (session.get().state === "in") reloadWanted();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && session.get().state === "in") reloadWanted();
  });
}
