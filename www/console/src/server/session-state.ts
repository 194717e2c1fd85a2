/** Whether somebody is signed in. */
import { createStore } from "../store.js";

export type Method = "access" | "token";

export type Session =
  /** It is not known yet. */
  | { state: "asking" }
  | { state: "in" }
  /** `wasIn`: the session has ended; what was on the screen is kept. */
  | { state: "out"; methods: readonly Method[]; wasIn: boolean };

export const session = createStore<Session>({ state: "asking" });

let times = 0;

/** How often somebody has signed in. A request takes it along, see `signedOut`. */
export const timesSignedIn = (): number => times;

export function signedIn(): void {
  if (session.get().state === "in") return;
  times += 1;
  session.set({ state: "in" });
}

/**
 * The worker does not know this browser (any more). What was asked before somebody
 * signed in anew says nothing of the session there is now.
 */
export function signedOut(methods: unknown, asked = times): void {
  if (asked !== times) return;
  const before = session.get();
  const known = Array.isArray(methods) ? (methods as Method[]) : [];
  if (before.state === "out" && known.length === before.methods.length) return;
  const wasIn = before.state === "in" || (before.state === "out" && before.wasIn);
  session.set({ state: "out", methods: known, wasIn });
}
