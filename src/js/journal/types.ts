/** What a job asks of the place where it is kept. Whoever implements this needs no more of the package. */

/**
 * An append-only stream of bytes. The package keeps one in memory, in
 * IndexedDB, in a Durable Object or in a file; anything else that keeps these
 * promises will do.
 */
export interface Journal {
  /**
   * Adds bytes at the end. Durable when it resolves; when it rejects, a part of
   * them may be there. Not called before the last call has settled. The bytes
   * are the caller's again as soon as the call returns.
   */
  append(record: Uint8Array): Promise<void>;
  /** All bytes, in order, cut anywhere. None if there is nothing yet. */
  read(): AsyncIterable<Uint8Array>;
  /** Keeps only the first `bytes` bytes, or all if there are fewer. Durable when it resolves. */
  truncate(bytes: number): Promise<void>;
  /**
   * Names what is stored where, so that two journal objects of one process that
   * mean the same place are told to be the same.
   */
  readonly key?: string;
  /**
   * Takes the journal for one holder. Resolves with what gives it back, or with
   * `undefined` if somebody else has it. With `create: false` nothing is made: a
   * journal that is not there has no other holder.
   */
  lock?(options?: { create?: boolean }): Promise<(() => void | Promise<void>) | undefined>;
  /**
   * Keeps how long the journal is, elsewhere than in the journal. A job then
   * refuses one that was deleted, cut, or replaced by an older copy. Where this
   * can't be done, it does nothing.
   */
  rememberLength?(bytes: number): Promise<void>;
  /** What was kept last; 0 if nothing was. */
  rememberedLength?(): Promise<number>;
}
