/**
 * A journal in IndexedDB: a database for each, in which pieces of at most
 * 32 KiB (larger values become files of their own in some browsers) are stored
 * under the place where they begin.
 */
import { invalidOption } from "./errors.js";
import type { Journal } from "./journal-types.js";
import {
  type Release,
  checkEnd,
  copyOf,
  cut,
  gapAt,
  inTurn,
  lengthOf,
  nameOf,
  once,
} from "./journal-shared.js";

const PREFIX = "uber-vouchers:";
const STORE = "pieces";
const MOST = 32 * 1024;
const PAGE = 1024 * 1024;
const KEYS_AT_ONCE = 1024;

/**
 * Keeps a job in this browser, in the IndexedDB database
 * `uber-vouchers:<name>`. An append is one transaction with strict durability.
 * The lock is a Web Lock of the same name, where there are Web Locks (secure
 * contexts).
 *
 * A browser may drop what a site has stored when space runs out, unless
 * `navigator.storage.persist()` was granted.
 */
export function indexedDbJournal(name: string): Journal {
  const database = databaseOf(name);
  const locks = locksOf();
  const work = inTurn();
  let connection: Promise<IDBDatabase> | undefined;
  /** Where the journal ends, as far as this object has read or written it. */
  let end: number | undefined;

  function connect(): Promise<IDBDatabase> {
    const forget = () => {
      if (connection === opening) connection = undefined;
    };
    const opening = open(database, forget);
    opening.catch(forget);
    return (connection = opening);
  }

  async function begin(mode: IDBTransactionMode): Promise<IDBTransaction> {
    const options = { durability: "strict" } as const;
    try {
      return (await (connection ?? connect())).transaction(STORE, mode, options);
    } catch (error) {
      // The browser has closed it and has not told yet: once more.
      if ((error as Error | null)?.name !== "InvalidStateError") throw error;
      return (await connect()).transaction(STORE, mode, options);
    }
  }

  async function transact<T>(
    mode: IDBTransactionMode,
    use: (store: IDBObjectStore) => Promise<T>,
  ): Promise<T> {
    const transaction = await begin(mode);
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
        // It has ended already.
      }
      await ended.catch(() => {});
      throw error;
    }
  }

  const journal: Journal = {
    key: `indexeddb:${database}`,
    async append(record) {
      const bytes = copyOf(record);
      await work(async () => {
        end = await transact("readwrite", async (store) => {
          let at = await sizeOf(store);
          checkEnd(end, at);
          for (const piece of cut(bytes, MOST)) {
            store.add(piece, at);
            at += piece.length;
          }
          return at;
        });
      });
    },
    async *read() {
      end = undefined;
      for (let at = 0; ;) {
        const pieces = await transact("readonly", (store) => page(store, at));
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
        end = await transact("readwrite", async (store) => {
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
      });
    },
  };
  if (!locks) return journal;

  async function lock(): Promise<Release | undefined> {
    const release = await takeLock(locks as LockManager, database);
    if (!release) return undefined;
    return once(() =>
      work(async () => {
        const open = connection;
        connection = undefined;
        await open?.then(
          (database) => database.close(),
          () => {},
        );
        await release();
      }),
    );
  }
  return Object.assign(journal, { lock });
}

/**
 * Deletes what `indexedDbJournal(name)` has stored. Rejects with an
 * `InvalidStateError` while somebody holds its lock, or keeps it open.
 */
export async function deleteIndexedDbJournal(name: string): Promise<void> {
  const database = databaseOf(name);
  const locks = locksOf();
  const release = locks ? await takeLock(locks, database) : async () => {};
  if (!release) throw inUse(database);
  try {
    await ended(indexedDB.deleteDatabase(database), database);
  } finally {
    await release();
  }
}

function databaseOf(name: unknown): string {
  const database = PREFIX + nameOf(name);
  if (typeof indexedDB === "object" && indexedDB !== null) return database;
  throw invalidOption("`indexedDbJournal` needs IndexedDB, which this host does not have");
}

function locksOf(): LockManager | undefined {
  return (globalThis as { navigator?: { locks?: LockManager } }).navigator?.locks;
}

function takeLock(locks: LockManager, name: string): Promise<Release | undefined> {
  return new Promise((resolve, reject) => {
    const given: Promise<unknown> = locks.request(name, { ifAvailable: true }, (lock) => {
      if (!lock) return resolve(undefined);
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

const inUse = (database: string) =>
  new DOMException(`The database ${database} is in use`, "InvalidStateError");

async function open(name: string, onGone: () => void): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  const database = await ended(request, name);
  // Somebody deletes it: the one who holds on would make them wait for ever.
  database.onversionchange = () => {
    database.close();
    onGone();
  };
  database.onclose = onGone;
  return database;
}

/** Waits for a database, and not for others who have it open. */
function ended<T>(request: IDBOpenDBRequest & IDBRequest<T>, name: string): Promise<T> {
  return new Promise((resolve, reject) => {
    let isBlocked = false;
    request.onblocked = () => {
      isBlocked = true;
      reject(inUse(name));
    };
    request.onsuccess = () => {
      // Nobody waits for it any more.
      if (isBlocked && request.result) (request.result as IDBDatabase).close();
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function lastOf(store: IDBObjectStore, range?: IDBKeyRange) {
  const cursor = await done(store.openCursor(range ?? null, "prev"));
  return cursor ? { at: cursor.key as number, piece: cursor.value as Uint8Array } : undefined;
}

async function sizeOf(store: IDBObjectStore): Promise<number> {
  const last = await lastOf(store);
  return last ? last.at + last.piece.length : 0;
}

/** What begins at `at`, about a mebibyte. The keys tell how long the values are. */
async function page(store: IDBObjectStore, at: number): Promise<Uint8Array[]> {
  const keys = await done(store.getAllKeys(IDBKeyRange.lowerBound(at), KEYS_AT_ONCE));
  const last = (keys as number[]).filter((key) => key < at + PAGE).at(-1);
  if (last === undefined) {
    if (keys.length > 0) throw gapAt(at);
    return [];
  }
  const pieces: Uint8Array[] = await done(store.getAll(IDBKeyRange.bound(at, last)));
  let next = at;
  for (const [place, piece] of pieces.entries()) {
    if (keys[place] !== next) throw gapAt(next);
    next += piece.length;
  }
  return pieces;
}
