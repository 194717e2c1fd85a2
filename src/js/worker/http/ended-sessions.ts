/**
 * Sessions that an operator has ended early. The cookie alone does not show it, so
 * each isolate asks the app's object and caches the result briefly.
 */
import { stubs } from "../stubs.js";
import type { WorkerEnv } from "../types.js";

/** How long a session may stay valid elsewhere after its operator has signed out. */
const REMEMBERED_MS = 5_000;
const MAX_REMEMBERED = 1_000;

// By the time at which each would end, which identifies it.
const checkedAt = new Map<number, number>();

export async function isSessionEnded(env: WorkerEnv, until: number, now: number): Promise<boolean> {
  const checked = checkedAt.get(until) ?? -Infinity;
  if (checked <= now && now - checked < REMEMBERED_MS) return false;
  const isEnded = await stubs(env).app().isSessionEnded(until);
  if (checkedAt.size >= MAX_REMEMBERED) checkedAt.clear();
  if (!isEnded) checkedAt.set(until, now);
  return isEnded;
}

export async function endSession(env: WorkerEnv, until: number): Promise<void> {
  await stubs(env).app().endSession(until);
  checkedAt.delete(until);
}
