/**
 * Sessions that an operator has ended before their time. The cookie alone does
 * not tell; each isolate asks the app's object, and remembers for a moment.
 */
import { stubs } from "../stubs.js";
import type { WorkerEnv } from "../types.js";

/** So long a session may go on elsewhere after its operator has signed out. */
const REMEMBERED_MS = 5_000;
const MOST_REMEMBERED = 1_000;

// By the time at which each would end, which tells them apart.
const checkedAt = new Map<number, number>();

export async function isSessionEnded(env: WorkerEnv, until: number, now: number): Promise<boolean> {
  const checked = checkedAt.get(until) ?? -Infinity;
  if (checked <= now && now - checked < REMEMBERED_MS) return false;
  const isEnded = await stubs(env).app().isSessionEnded(until);
  if (checkedAt.size >= MOST_REMEMBERED) checkedAt.clear();
  if (!isEnded) checkedAt.set(until, now);
  return isEnded;
}

export async function endSession(env: WorkerEnv, until: number): Promise<void> {
  await stubs(env).app().endSession(until);
  checkedAt.delete(until);
}
