/** What is under way. */

/**
 * A collection that costs young collections nothing. A Set takes a new table now and
 * then; the old one, dead but old, refers to all that was in it, which a young
 * collection therefore keeps, with all that it leads to. Here a place is used again.
 */
export class Running<T extends object> {
  readonly #places: (T | undefined)[] = [];
  readonly #free: number[] = [];

  /** Gives the place, for `remove`. */
  add(one: T): number {
    const place = this.#free.pop() ?? this.#places.length;
    this.#places[place] = one;
    return place;
  }

  /** Once for each `add`. */
  remove(place: number): void {
    this.#places[place] = undefined;
    this.#free.push(place);
  }

  /** All that there are now, whatever becomes of them meanwhile. */
  all(): T[] {
    return this.#places.flatMap((one) => one ?? []);
  }
}
