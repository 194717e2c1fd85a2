/** The last file read for each program: after a reload, the page reads it again. */
import type { File } from "./draft.js";

const DATABASE = "vouchers-console";
const STORE = "lists";
/** Older files are of another day, and may contain data that should not be kept. */
const KEPT_MS = 12 * 60 * 60 * 1_000;
const NOTE = "kept-list:";

/**
 * The stored file and its time. It is written and removed at once, because a database
 * takes its time: a list that is put away right before a reload must not return.
 */
export interface Note {
  source: string;
  bytes: number;
  at: number;
  /** The jobs that were created from it: it comes back if they are cancelled before they send it. */
  jobs?: readonly JobName[];
}

export interface JobName {
  programId: string;
  id: string;
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

/** The list waits until it is known what becomes of these jobs. */
export function keepForJobs(to: string, jobs: readonly JobName[]): void {
  const note = noteOf(to);
  if (note === null) return;
  const names = jobs.map(({ programId, id }) => ({ programId, id }));
  try {
    localStorage.setItem(NOTE + to, JSON.stringify({ ...note, jobs: names } satisfies Note));
  } catch {
    forgetFile(to);
  }
}

/** Whether the list of this job is kept for the screen `to`. */
export const isKeptOf = (to: string, { id }: Pick<JobName, "id">): boolean =>
  noteOf(to)?.jobs?.some((job) => job.id === id) ?? false;

export function forgetFile(to: string): void {
  removeNotes((name) => name === NOTE + to);
  void change((store) => store.delete(to));
}

export function forgetFiles(): void {
  removeNotes((name) => name.startsWith(NOTE));
  void change((store) => store.clear());
}

/** What `keptFile` will find, unless the browser has deleted it. */
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
    // Without storage there are no files.
  }
}

/** A browser without storage keeps nothing, which is not an error. */
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
