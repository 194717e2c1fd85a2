/**
 * A journal in the storage of a Durable Object, backed by SQLite or by the older
 * key-value store: chunks of at most 64 KiB, each under its offset.
 */
import { invalidOption } from "../errors.js";
import type { Journal } from "./types.js";
import {
  PIECE,
  type Release,
  bytesOf,
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

/** The members of `ctx.storage` in a Durable Object that a journal needs. */
export interface DurableStorage {
  /** Stores up to 128 values. */
  put(entries: Record<string, Uint8Array>, options?: { noCache?: boolean }): Promise<void>;
  /** Values in the order of their keys. */
  list(options?: {
    prefix?: string;
    startAfter?: string;
    reverse?: boolean;
    limit?: number;
    noCache?: boolean;
  }): Promise<Map<string, unknown>>;
  /** Deletes up to 128 values. */
  delete(keys: string[], options?: { noCache?: boolean }): Promise<unknown>;
  /** Resolves when everything is on disk. */
  sync(): Promise<void>;
}

/** How many entries one call may store or delete. */
const ENTRIES = 128;
/** How many are read at a time: at most 4 MiB. */
const PAGE = 64;
/** What is written here is not read again soon. */
const noCache = true;

/** State that all journal objects of one name share. */
interface Place {
  key: string;
  work: ReturnType<typeof createQueue>;
  /** Where the journal ends, once known. */
  end: number | undefined;
  isHeld: boolean;
}

// Only one instance of an object runs at a time, so sharing within the instance is enough.
const places = new WeakMap<object, Map<string, Place>>();
let storages = 0;

/**
 * Keeps a job in a Durable Object: `durableObjectJournal(ctx.storage, name)`, under
 * keys that begin with `uber-vouchers:journal:`. Synced before `append` resolves. The
 * lock holds within the object, which has only one running instance.
 */
export function durableObjectJournal(storage: DurableStorage, name: string): Journal {
  checkStorage(storage);
  const prefix = prefixOf(name);
  const place = placeOf(storage, prefix);
  const keyOf = (at: number) => prefix + String(at).padStart(16, "0");
  const offsetOf = (key: string) => Number(key.slice(prefix.length));

  async function last(limit: number): Promise<[number, Uint8Array][]> {
    const found = await storage.list({ prefix, reverse: true, limit, noCache });
    return [...found].map(([key, piece]) => [offsetOf(key), bytesOf(piece, "list")]);
  }

  async function sizeNow(): Promise<number> {
    const [[at, piece] = [0, undefined]] = await last(1);
    return at + (piece?.length ?? 0);
  }

  return {
    key: place.key,
    async append(record) {
      const bytes = copyOf(record);
      await place.work(async () => {
        const size = await sizeNow();
        checkEnd(place.end, size);
        // Unknown until it is confirmed: the next call then looks it up.
        place.end = undefined;
        let at = size;
        const pieces = [...cut(bytes, PIECE)].map((piece) => {
          const entry = [keyOf(at), piece] as const;
          at += piece.length;
          return entry;
        });
        // Nothing is awaited in between: writes that follow each other at once are stored together.
        await Promise.all(
          groups(pieces, ENTRIES).map((group) =>
            storage.put(Object.fromEntries(group), { noCache }),
          ),
        );
        await storage.sync();
        place.end = at;
      });
    },
    async *read() {
      let end = 0;
      for await (const [key, piece] of stored(storage, prefix)) {
        if (offsetOf(key) !== end) throw gapAt(end);
        end += piece.length;
        yield piece;
      }
    },
    async truncate(bytes) {
      const length = lengthOf(bytes);
      await place.work(async () => {
        place.end = undefined;
        // From the end, so that the rest is a valid journal whenever this is interrupted.
        for (;;) {
          const pieces = await last(PAGE);
          const gone = pieces.filter(([at]) => at >= length).map(([at]) => keyOf(at));
          const [at, piece] = pieces[gone.length] ?? [];
          const writes: Promise<unknown>[] = [];
          if (gone.length > 0) writes.push(storage.delete(gone, { noCache }));
          if (at !== undefined && piece && at + piece.length > length) {
            const kept = new Uint8Array(piece.subarray(0, length - at));
            writes.push(storage.put({ [keyOf(at)]: kept }, { noCache }));
          }
          await Promise.all(writes);
          if (gone.length < PAGE) break;
        }
        await storage.sync();
        lengths.cut(place.key, length);
      });
    },
    async lock(): Promise<Release | undefined> {
      if (place.isHeld) return undefined;
      place.isHeld = true;
      return once(async () => {
        place.isHeld = false;
      });
    },
  };
}

/** The bytes of a journal that can still be read, even if a chunk is missing. For the worker. */
export async function* readDamaged(
  storage: DurableStorage,
  name: string,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const [, piece] of stored(storage, prefixOf(name))) yield piece;
}

async function* stored(
  storage: DurableStorage,
  prefix: string,
): AsyncGenerator<[key: string, piece: Uint8Array<ArrayBuffer>]> {
  let start: { startAfter?: string } = {};
  for (;;) {
    const found = await storage.list({ prefix, limit: PAGE, noCache, ...start });
    for (const [key, value] of found) {
      start = { startAfter: key };
      yield [key, new Uint8Array(bytesOf(value, "list"))];
    }
    if (found.size < PAGE) return;
  }
}

/** Encoded, so that no name is a prefix of another's keys. */
function prefixOf(name: unknown): string {
  return `uber-vouchers:journal:${encodeURIComponent(nameOf(name))}:`;
}

function checkStorage(storage: DurableStorage): void {
  for (const method of ["put", "list", "delete", "sync"] as const) {
    if (typeof (storage as DurableStorage | undefined | null)?.[method] !== "function") {
      throw invalidOption("`storage` must be the storage of a Durable Object: pass ctx.storage");
    }
  }
}

function placeOf(storage: object, prefix: string): Place {
  let all = places.get(storage);
  if (!all) places.set(storage, (all = new Map<string, Place>()));
  let place = all.get(prefix);
  if (!place) {
    place = {
      // A prefix is one journal in each storage, and an isolate can have several storages.
      key: `durable-object:${++storages}:${prefix}`,
      work: createQueue(),
      end: undefined,
      isHeld: false,
    };
    all.set(prefix, place);
  }
  return place;
}

function groups<T>(values: T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(values.length / most) }, (_, at) =>
    values.slice(at * most, (at + 1) * most),
  );
}
