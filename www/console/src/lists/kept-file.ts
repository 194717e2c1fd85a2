/** The file that was read last for each program: a reload of the page reads it again. */
import type { File } from "./draft.js";

const DATABASE = "vouchers-console";
const STORE = "lists";
/** What is older is of another day's work, and may hold what its reader would not keep. */
const KEPT_MS = 12 * 60 * 60 * 1_000;
const NOTE = "kept-list:";

/**
 * What is kept, and of when. It is written and removed at once, where a database takes
 * its time: a list that is put away right before a reload does not come back.
 */
export interface Note {
  source: string;
  bytes: number;
  at: number;
}

interface Kept {
  file: File;
  at: number;
}

export function keepFile(to: string, file: File): void {
  const at = Date.now();
  const note: Note = { source: file.source, bytes: file.input.size, at };
  try {
    localStorage.setItem(NOTE + to, JSON.stringify(note));
  } catch {
    return;
  }
  void change((store) => store.put({ file, at } satisfies Kept, to));
}

export function forgetFile(to: string): void {
  removeNotes((name) => name === NOTE + to);
  void change((store) => store.delete(to));
}

export function forgetFiles(): void {
  removeNotes((name) => name.startsWith(NOTE));
  void change((store) => store.clear());
}

/** What `keptFile` is going to find, unless the browser has dropped it. */
export function noteOf(to: string): Note | null {
  try {
    const note = JSON.parse(localStorage.getItem(NOTE + to) ?? "null") as Note | null;
    return note && Date.now() - note.at < KEPT_MS ? note : null;
  } catch {
    return null;
  }
}

export async function keptFile(to: string): Promise<File | null> {
  const note = noteOf(to);
  if (note === null) {
    forgetFile(to);
    return null;
  }
  const kept = await change((store) => store.get(to) as IDBRequest<Kept | undefined>, "readonly");
  return kept?.at === note.at ? kept.file : null;
}

function removeNotes(isMeant: (name: string) => boolean): void {
  try {
    for (const name of Object.keys(localStorage)) if (isMeant(name)) localStorage.removeItem(name);
  } catch {
    // Without storage there are none.
  }
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
