/** Runs many tasks, a few at a time. */

/** The platform allows six connections at a time. */
const CONCURRENCY = 6;

/** Runs the work for each item. Fails with the first failure, and starts nothing after it. */
export async function inParallel<T, R>(
  values: readonly T[],
  work: (value: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const rest = [...values.entries()];
  const worker = async () => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
      const [index, value] = next;
      try {
        results[index] = await work(value);
      } catch (error) {
        rest.length = 0;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: CONCURRENCY }, worker));
  const failed = ended.find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
  return results;
}
