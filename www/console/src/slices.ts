/** Long work in slices, so that the page stays responsive. */

/** Shorter than what the browser considers a long task, also on a slow machine. */
const SLICE_MS = 8;
/** So many items are taken between two looks at the clock. */
const AT_ONCE = 64;

/** Called again and again by long work: the page gets its turn once a slice has taken long enough. */
export function createTurns(signal?: AbortSignal): { next(): Promise<void> | void } {
  let end = performance.now() + SLICE_MS;
  const turn = async () => {
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
    end = performance.now() + SLICE_MS;
  };
  return { next: () => (performance.now() < end ? undefined : turn()) };
}

/** Acts on each item. */
export async function forEachInSlices<T>(
  items: Iterable<T>,
  act: (item: T) => unknown,
  signal?: AbortSignal,
): Promise<void> {
  const turns = createTurns(signal);
  let left = AT_ONCE;
  for (const item of items) {
    act(item);
    left -= 1;
    if (left > 0) continue;
    left = AT_ONCE;
    const turn = turns.next();
    if (turn) await turn;
  }
}

/** Those that pass. */
export async function filterInSlices<T>(
  items: Iterable<T>,
  isWanted: (item: T) => boolean,
  signal?: AbortSignal,
): Promise<T[]> {
  const found: T[] = [];
  await forEachInSlices(items, (item) => isWanted(item) && found.push(item), signal);
  return found;
}
