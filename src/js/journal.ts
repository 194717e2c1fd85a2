/** `uber-vouchers/journal`: where a job is kept. One file for every host; nothing is loaded at import. */
export { type DurableStorage, durableObjectJournal } from "./journal-durable-object.js";
export { type FileJournalOptions, fileJournal } from "./journal-file.js";
export { deleteIndexedDbJournal, indexedDbJournal } from "./journal-indexeddb.js";
export { type MemoryJournal, memoryJournal } from "./journal-memory.js";
export type { Journal } from "./journal-types.js";
