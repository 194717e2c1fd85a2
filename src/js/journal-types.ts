/** Where a job is kept. */

/**
 * An append-only stream of bytes, for one job.
 *
 * `uber-vouchers/journal` has them for memory, IndexedDB, Durable Objects and
 * files; any object with these functions will do.
 */
export interface Journal {
  /** Durable when it resolves. Never called before the last one settled. */
  append(record: Uint8Array): Promise<void>;
  /** All that was appended, cut anywhere. */
  read(): AsyncIterable<Uint8Array>;
  /** Keeps only the first `bytes` bytes. Durable when it resolves. */
  truncate(bytes: number): Promise<void>;
  /**
   * Names what is stored where, so that two journal objects of one process that
   * mean the same place are told to be the same. Optional.
   */
  readonly key?: string;
  /**
   * Takes the journal for one holder. Resolves with what gives it back, or with
   * `undefined` if somebody else has it. Optional.
   */
  lock?(): Promise<(() => void | Promise<void>) | undefined>;
}
