/** The set of calls that are under way. */

/**
 * A collection that does not slow down young garbage collections. A Set grows into a
 * new table now and then; the old table, dead but in the old generation, keeps
 * everything that it refers to alive until the next full collection. Here, slots are
 * reused.
 */
export class Running<T extends object> {
  readonly #places: (T | undefined)[] = [];
  readonly #free: number[] = [];

  /** Returns the slot, for `remove`. */
  add(one: T): number {
    const index = this.#free.pop() ?? this.#places.length;
    this.#places[index] = one;
    return index;
  }

  /** Call it once for each `add`. */
  remove(index: number): void {
    this.#places[index] = undefined;
    this.#free.push(index);
  }

  /** A copy of the current items, which later changes do not affect. */
  all(): T[] {
    return this.#places.flatMap((one) => one ?? []);
  }
}
