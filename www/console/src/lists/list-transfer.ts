/**
 * A list that is passed from one screen to another: codes that were selected, or a file that was
 * dropped on a screen that can't read it.
 */

export interface StashedList {
  input: Blob;
  source: string;
}

const stashed = new Map<string, StashedList>();

/** `to` is a program's id, or `several`. */
export function stashList(to: string, list: StashedList): void {
  stashed.set(to, list);
}

/** Returns the list, and removes it. */
export function takeList(to: string): StashedList | undefined {
  const found = stashed.get(to);
  stashed.delete(to);
  return found;
}
