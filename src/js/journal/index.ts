/**
 * `uber-vouchers/journal`: places to keep a job. One file for every host; nothing is loaded at
 * import.
 */
export { type DurableStorage, durableObjectJournal } from "./durable-object.js";
export { type FileJournalOptions, fileJournal } from "./file.js";
export { deleteIndexedDbJournal, indexedDbJournal } from "./indexeddb.js";
export { type MemoryJournal, memoryJournal } from "./memory.js";
export type { Journal } from "./types.js";
