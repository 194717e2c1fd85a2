/** The file that was read last for each program: a reload of the page reads it again. */
import type { File } from "./draft.js";

const DATABASE = "vouchers-console";
const STORE = "lists";
/** What is older is of another day's work, and may hold what its reader would not keep. */
const KEPT_MS = 12 * 60 * 60 * 1_000;

interface Kept {
  file: File;
  at: number;
}

export function keepFile(to: string, file: File): void {
  void change((store) => store.put({ file, at: Date.now() } satisfies Kept, to));
}

export function forgetFile(to: string): void {
  void change((store) => store.delete(to));
}

export function forgetFiles(): void {
  void change((store) => store.clear());
}

export async function keptFile(to: string): Promise<File | null> {
  const kept = await change((store) => store.get(to) as IDBRequest<Kept | undefined>, "readonly");
  return kept && Date.now() - kept.at < KEPT_MS ? kept.file : null;
}

/** A browser without storage keeps nothing: that is no fault. */
async function change<T>(
  act: (store: IDBObjectStore) => IDBRequest<T>,
  mode: IDBTransactionMode = "readwrite",
): Promise<T | undefined> {
  try {
    const database = await settled(open());
    const result = await settled(act(database.transaction(STORE, mode).objectStore(STORE)));
    database.close();
    return result;
  } catch {
    return undefined;
  }
}

function open(): IDBOpenDBRequest {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return request;
}

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("Not stored"));
  });
