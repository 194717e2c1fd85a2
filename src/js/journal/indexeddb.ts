/**
 * A journal in IndexedDB: one database per journal, with chunks of at most 32 KiB
 * (larger values become files of their own in some browsers), each under its offset.
 */
import { invalidOption, tryOrUndefined } from "../errors.js";
import { membersOf } from "../schema.js";
import type { Journal } from "./types.js";
import {
  type Release,
  checkEnd,
  copyOf,
  cut,
  gapAt,
  createQueue,
  lengthOf,
  lengths,
  nameOf,
  once,
} from "./shared.js";

const PREFIX = "uber-vouchers:";
const STORE = "pieces";
const VERSION = 1;
/** A database that takes longer will not open: some browsers never answer. */
const OPEN_MS = 10_000;
const MAX_PIECE_BYTES = 32 * 1024;
const PAGE = 1024 * 1024;
const KEYS_AT_ONCE = 1024;

// The timers as they were when the module was loaded: tests may replace them.
const { setTimeout, clearTimeout } = globalThis;

/**
 * Keeps a job in this browser, in the IndexedDB database `uber-vouchers:<name>`. An
 * append is one transaction with strict durability. The lock is a Web Lock of the same
 * name, in browsers that have Web Locks (secure contexts). The length of a job's
 * journal is in `localStorage` too, if the page has it.
 *
 * A browser may delete what a site has stored when space runs out, unless
 * `navigator.storage.persist()` was granted.
 */
export function indexedDbJournal(name: string): Journal {
  const database = databaseOf(name);
  const locks = locksOf();
  const work = createQueue();
  let connection: Promise<IDBDatabase | undefined> | undefined;
  /** Where the journal ends, after the last read or write of this object. */
  let end: number | undefined;

  /** Opens the database; `undefined` if it does not exist and must not be created. */
  function connect(create: boolean): Promise<IDBDatabase | undefined> {
    const forget = () => {
      if (connection === opening) connection = undefined;
    };
    const opening = open(database, create, forget);
    opening.then((opened) => opened ?? forget(), forget);
    return (connection = opening);
  }

  async function begin(
    mode: IDBTransactionMode,
    create: boolean,
  ): Promise<IDBTransaction | undefined> {
    const options = { durability: "strict" } as const;
    try {
      const found = await (connection ?? connect(create));
      // An earlier attempt may have been one that creates nothing.
      const opened = found ?? (create ? await connect(create) : undefined);
      return opened?.transaction(STORE, mode, options);
    } catch (error) {
      // The browser has closed it without an event yet: try once more.
      if (membersOf(error)["name"] !== "InvalidStateError") throw error;
      return (await connect(create))?.transaction(STORE, mode, options);
    }
  }

  /** Returns `undefined` if there is no database; creates one only if asked to. */
  async function transact<T>(
    mode: IDBTransactionMode,
    use: (store: IDBObjectStore) => Promise<T>,
    create = false,
  ): Promise<T | undefined> {
    const transaction = await begin(mode, create);
    if (transaction === undefined) return undefined;
    const ended = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () =>
        reject(
          transaction.error ??
            new DOMException("The browser aborted the transaction", "AbortError"),
        );
    });
    try {
      const result = await use(transaction.objectStore(STORE));
      await ended;
      return result;
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // The transaction has already ended.
      }
      await ended.catch(() => {});
      throw error;
    }
  }

  const key = keyOf(database);
  const journal: Journal = {
    key,
    async append(record) {
      const bytes = copyOf(record);
      await work(async () => {
        const write = async (store: IDBObjectStore) => {
          let at = await sizeOf(store);
          checkEnd(end, at);
          for (const piece of cut(bytes, MAX_PIECE_BYTES)) {
            store.add(piece, at);
            at += piece.length;
          }
          return at;
        };
        // A database that had content is not created again.
        const size = await transact("readwrite", write, !end);
        if (size === undefined) checkEnd(end, 0);
        end = size;
      });
    },
    async *read() {
      end = undefined;
      for (let at = 0; ;) {
        const pieces = (await transact("readonly", (store) => page(store, at))) ?? [];
        if (pieces.length === 0) {
          end ??= at;
          return;
        }
        for (const piece of pieces) {
          at += piece.length;
          yield piece;
        }
      }
    },
    async truncate(bytes) {
      const length = lengthOf(bytes);
      await work(async () => {
        lengths.cut(key, length);
        if (remembered(database) > length) remember(database, length);
        const size = await transact("readwrite", async (store) => {
          const size = await sizeOf(store);
          checkEnd(end, size);
          if (length >= size) return size;
          const last = await lastOf(store, IDBKeyRange.upperBound(length, true));
          if (last && last.at + last.piece.length > length) {
            store.put(new Uint8Array(last.piece.subarray(0, length - last.at)), last.at);
          }
          store.delete(IDBKeyRange.lowerBound(length));
          return length;
        });
        if (size === undefined && length > 0) checkEnd(end, 0);
        end = size ?? 0;
      });
    },
    rememberLength: async (bytes) => remember(database, bytes),
    rememberedLength: async () => remembered(database),
  };
  if (!locks) return journal;

  async function lock(): Promise<Release | undefined> {
    const release = locks && (await takeLock(locks, database));
    if (!release) return undefined;
    return once(() =>
      work(async () => {
        const open = connection;
        connection = undefined;
        await open?.then(
          (database) => database?.close(),
          () => {},
        );
        await release();
      }),
    );
  }
  return Object.assign(journal, { lock });
}

/**
 * Deletes what `indexedDbJournal(name)` has stored. Rejects with an `InvalidStateError`
 * while its lock is held, or it is open.
 */
export async function deleteIndexedDbJournal(name: string): Promise<void> {
  const database = databaseOf(name);
  const locks = locksOf();
  const release = locks ? await takeLock(locks, database) : async () => {};
  if (!release) throw inUse(database);
  try {
    await ended(indexedDB.deleteDatabase(database), database);
    lengths.cut(keyOf(database), 0);
    remember(database, 0);
  } finally {
    await release();
  }
}

function databaseOf(name: unknown): string {
  const database = PREFIX + nameOf(name);
  const host = globalThis as { indexedDB?: unknown };
  if (typeof host.indexedDB === "object" && host.indexedDB !== null) return database;
  throw invalidOption("`indexedDbJournal` needs IndexedDB, which this host does not have");
}

function locksOf(): LockManager | undefined {
  return (globalThis as { navigator?: { locks?: LockManager } }).navigator?.locks;
}

function takeLock(locks: LockManager, name: string): Promise<Release | undefined> {
  return new Promise((resolve, reject) => {
    const given: Promise<unknown> = locks.request(name, { ifAvailable: true }, (lock) => {
      if (!lock) return void resolve(undefined);
      return new Promise<void>((free) => {
        resolve(
          once(async () => {
            free();
            await given;
          }),
        );
      });
    });
    given.catch(reject);
  });
}

const keyOf = (database: string) => `indexeddb:${database}`;

// Outside the database: in `localStorage`, which a worker does not have and a browser may refuse.
function remember(database: string, bytes: number): void {
  tryOrUndefined(() => {
    if (bytes > 0) localStorage.setItem(database, String(bytes));
    else localStorage.removeItem(database);
  });
}

function remembered(database: string): number {
  return Number(tryOrUndefined(() => localStorage.getItem(database))) || 0;
}

const inUse = (database: string) =>
  new DOMException(
    `The database ${database} is in use: close other tabs of this site, which may have it open`,
    "InvalidStateError",
  );

const unanswered = (database: string) =>
  new DOMException(
    `The browser did not open the database ${database} within ${OPEN_MS / 1000} seconds: close other tabs of this site, or reload`,
    "TimeoutError",
  );

async function open(
  name: string,
  create: boolean,
  onGone: () => void,
): Promise<IDBDatabase | undefined> {
  const request = indexedDB.open(name, VERSION);
  let isAbsent = false;
  request.onupgradeneeded = () => {
    isAbsent = !create;
    if (isAbsent) request.transaction?.abort();
    else request.result.createObjectStore(STORE);
  };
  let database: IDBDatabase;
  try {
    database = await ended(request, name);
  } catch (error) {
    if (isAbsent) return undefined;
    throw error;
  }
  // Another tab deletes the database: an open connection would make it wait forever.
  database.onversionchange = () => {
    database.close();
    onGone();
  };
  database.onclose = onGone;
  return database;
}

/** Waits for a database, but neither for others that have it open nor forever. */
function ended<T>(request: IDBOpenDBRequest & IDBRequest<T>, name: string): Promise<T> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const giveUp = (error: DOMException) => {
      isLate = true;
      clearTimeout(timer);
      reject(error);
    };
    const timer = setTimeout(giveUp, OPEN_MS, unanswered(name));
    request.onblocked = () => giveUp(inUse(name));
    request.onsuccess = () => {
      clearTimeout(timer);
      // Nothing waits for it any more.
      if (isLate && request.result) (request.result as IDBDatabase).close();
      resolve(request.result);
    };
    request.onerror = () => {
      clearTimeout(timer);
      reject(errorOf(request));
    };
  });
}

/** Set once a request has failed. */
const errorOf = ({ error }: IDBRequest) => error ?? new Error("The request failed");

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(errorOf(request));
  });
}

async function lastOf(store: IDBObjectStore, range?: IDBKeyRange) {
  const cursor = await done(store.openCursor(range ?? null, "prev"));
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- Nothing else is ever stored there.
  return cursor ? { at: cursor.key as number, piece: cursor.value as Uint8Array } : undefined;
}

async function sizeOf(store: IDBObjectStore): Promise<number> {
  const last = await lastOf(store);
  return last ? last.at + last.piece.length : 0;
}

/** The values from `at` on, about a mebibyte. The keys tell how long the values are. */
async function page(store: IDBObjectStore, at: number): Promise<Uint8Array[]> {
  const keys = await done(store.getAllKeys(IDBKeyRange.lowerBound(at), KEYS_AT_ONCE));
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- Only places are keys here.
  const last = (keys as number[]).filter((key) => key < at + PAGE).at(-1);
  if (last === undefined) {
    if (keys.length > 0) throw gapAt(at);
    return [];
  }
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- Nothing else is ever stored there.
  const pieces = (await done(store.getAll(IDBKeyRange.bound(at, last)))) as Uint8Array[];
  let next = at;
  for (const [index, piece] of pieces.entries()) {
    if (keys[index] !== next) throw gapAt(next);
    next += piece.length;
  }
  return pieces;
}
