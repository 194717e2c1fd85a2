/**
 * What a job needs of the place where it is kept. An implementation needs nothing else of the
 * package.
 */

/**
 * An append-only stream of bytes. The package has journals in memory, in IndexedDB, in
 * a Durable Object and in a file; anything else that keeps these promises works too.
 */
export interface Journal {
  /**
   * Adds bytes at the end. They are durable when it resolves; when it rejects, some of
   * them may be stored. It is not called before the previous call has settled. The
   * caller may reuse the buffer as soon as the call returns.
   */
  append(record: Uint8Array): Promise<void>;
  /** All bytes, in order, in chunks of any size. None if there is nothing yet. */
  read(): AsyncIterable<Uint8Array>;
  /** Keeps only the first `bytes` bytes, or all if there are fewer. Durable when it resolves. */
  truncate(bytes: number): Promise<void>;
  /**
   * A name for the stored data, so that two journal objects of one process for the same
   * data are recognized as the same.
   */
  readonly key?: string;
  /**
   * Locks the journal. Resolves with a function that releases it, or with `undefined`
   * if it is locked already. With `create: false` nothing is created: a journal that
   * does not exist is not locked by anyone.
   */
  lock?(options?: { create?: boolean }): Promise<(() => void | Promise<void>) | undefined>;
  /**
   * Stores the length of the journal outside it. A job then refuses a journal that was
   * deleted, truncated, or replaced by an older copy. If that is impossible, it does
   * nothing.
   */
  rememberLength?(bytes: number): Promise<void>;
  /** The last stored length; 0 if there is none. */
  rememberedLength?(): Promise<number>;
}
