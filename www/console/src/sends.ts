/**
 * What was sent from this browser: written down before a request leaves, so
 * that a reload, a crash or a second tab finds it, and the same codes can't be
 * sent again unnoticed.
 *
 * Kept in IndexedDB, with sixteen bytes a code. Where the browser has none (or
 * refuses), it is kept for as long as the page lives.
 */
import type { JobProgress } from "uber-vouchers";

import { createStore } from "./store.js";
import type { JobState } from "./words.js";

/** What is known of one distribution. The job itself is in a journal of its own. */
export interface Send {
  id: string;
  organizationId: string;
  environment: "sandbox" | "uber";
  programId: string;
  programName: string | null;
  /** Where the list came from: a file's name, or "pasted". */
  source: string;
  codes: number;
  duplicates: number;
  rejectedLeftOut: number;
  startedAt: number;
  state: JobState;
  /** When it was last written down; `null` before the job was there. */
  progress: JobProgress | null;
}

/** A send with the codes themselves. */
interface Kept extends Send {
  ids: Uint8Array<ArrayBuffer>;
}

const NAME = "uber-vouchers-console";
const STORE = "sends";
const MOST_KEPT = 100;
const ID_LENGTH = 16;

/** Counts the changes: what a screen shows of the sends is read again after one. */
export const sendsChanged = createStore(0);
/** Whether a reload would forget the sends. */
export const isForgetful = createStore(false);

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(NAME) : null;
if (channel) channel.onmessage = () => sendsChanged.set(sendsChanged.get() + 1);

const memory = new Map<string, Kept>();
let opened: Promise<IDBDatabase | null> | undefined;

function database(): Promise<IDBDatabase | null> {
  opened ??= new Promise<IDBDatabase | null>((resolve) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null);
    request.onblocked = () => resolve(null);
  })
    .catch(() => null)
    .then((found) => {
      isForgetful.set(found === null);
      return found;
    });
  return opened;
}

function inStore<T>(
  found: IDBDatabase,
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const transaction = found.transaction(STORE, mode, { durability: "strict" });
    const request = work(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}

async function write(kept: Kept): Promise<void> {
  memory.set(kept.id, kept);
  const found = await database();
  try {
    if (found) await inStore(found, "readwrite", (store) => store.put(kept));
  } catch {
    isForgetful.set(true);
  }
  sendsChanged.set(sendsChanged.get() + 1);
  channel?.postMessage(kept.id);
}

async function readAll(): Promise<Kept[]> {
  const found = await database();
  const stored = found
    ? await inStore(found, "readonly", (store) => store.getAll() as IDBRequest<Kept[]>).catch(
        () => [],
      )
    : [];
  const all = new Map([...stored.map((kept) => [kept.id, kept] as const), ...ownOf(stored)]);
  return [...all.values()].sort((a, b) => b.startedAt - a.startedAt);
}

// What another tab has settled since is newer than what this one remembers.
function ownOf(stored: Kept[]): (readonly [string, Kept])[] {
  const known = new Set(stored.map(({ id }) => id));
  return [...memory].filter(([id]) => !known.has(id));
}

const withoutCodes = ({ ids: _, ...send }: Kept): Send => send;

/** Writes a send down. Resolves when it is durable, as far as this browser allows. */
export async function recordSend(send: Send, codes: Iterable<string>): Promise<void> {
  await write({ ...send, ids: pack(codes, send.codes) });
  void forgetOldest();
}

/** Writes down what became of a send. */
export async function settleSend(id: string, outcome: Partial<Send>): Promise<void> {
  const kept = (await readAll()).find((one) => one.id === id);
  if (kept) await write({ ...kept, ...outcome });
}

export async function readSend(id: string): Promise<Send | null> {
  const kept = (await readAll()).find((one) => one.id === id);
  return kept ? withoutCodes(kept) : null;
}

/** The sends of a program, the latest first. */
export async function readSends(organizationId: string, programId: string): Promise<Send[]> {
  return (await readAll())
    .filter((kept) => kept.organizationId === organizationId && kept.programId === programId)
    .map(withoutCodes);
}

/** How many codes of a list left this browser before, and what became of them. */
export interface Repeats {
  /** In a send that Uber accepted. */
  queued: number;
  /** In a send of which nobody knows, and not in an accepted one. */
  unknown: number;
  /** The latest send that holds one of them. */
  latest: Send;
}

export async function findRepeats(
  organizationId: string,
  list: Iterable<string>,
  size: number,
): Promise<Repeats | null> {
  const sends = (await readAll()).filter(
    (kept) => kept.organizationId === organizationId && MAYBE_QUEUED.has(kept.state),
  );
  if (sends.length === 0) return null;
  const wanted = new Set(keys(pack(list, size)));
  const queued = new Set<number>();
  const unknown = new Set<number>();
  let latest: Send | null = null;
  for (const send of sends) {
    const matches = keys(send.ids).filter((key) => wanted.has(key));
    if (matches.length > 0) latest ??= withoutCodes(send);
    for (const key of matches) (send.state === "queued" ? queued : unknown).add(key);
  }
  if (latest === null) return null;
  const open = [...unknown].filter((key) => !queued.has(key));
  return { queued: queued.size, unknown: open.length, latest };
}

// What is pending is sent when its job goes on.
const MAYBE_QUEUED = new Set<Send["state"]>(["pending", "sending", "queued", "unknown"]);

async function forgetOldest(): Promise<void> {
  const found = await database();
  if (!found) return;
  // One that is not at its end is kept until somebody decides about it.
  const isOver = ({ state }: Send) => state !== "unknown" && state !== "pending";
  const old = (await readAll()).filter(isOver).slice(MOST_KEPT);
  for (const { id } of old)
    await inStore(found, "readwrite", (store) => store.delete(id)).catch(() => {});
}

function pack(codes: Iterable<string>, size: number): Uint8Array<ArrayBuffer> {
  const ids = new Uint8Array(size * ID_LENGTH);
  let at = 0;
  for (const code of codes) {
    const hex = code.replaceAll("-", "");
    for (let place = 0; place < ID_LENGTH; place += 1, at += 1) {
      ids[at] = Number.parseInt(hex.slice(place * 2, place * 2 + 2), 16);
    }
  }
  return ids;
}

/** 53 bits of each code. Two codes that share them cost a needless warning, never a missed one. */
function keys(ids: Uint8Array): number[] {
  const view = new DataView(ids.buffer, ids.byteOffset, ids.byteLength);
  const found: number[] = [];
  for (let at = 0; at < ids.length; at += ID_LENGTH) {
    found.push((view.getUint32(at) & 0x1f_ffff) * 2 ** 32 + view.getUint32(at + 12));
  }
  return found;
}
