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

let changes = 0;

/**
 * How often somebody came in or went out. Who asks the worker notes it before, and
 * hands it over with what the answer says: of a session that has ended since, or
 * begun, it says nothing.
 */
export const sessionNow = (): number => changes;

function change(to: Session): void {
  changes += 1;
  session.set(to);
}

export function signedIn(asked = changes): void {
  if (asked === changes && session.get().state !== "in") change({ state: "in" });
}

/** The worker does not know this browser (any more). */
export function signedOut(methods: unknown, asked = changes): void {
  const before = session.get();
  const known = Array.isArray(methods) ? (methods as Method[]) : [];
  if (asked !== changes) return;
  if (before.state === "out" && known.length === before.methods.length) return;
  const wasIn = before.state === "in" || (before.state === "out" && before.wasIn);
  change({ state: "out", methods: known, wasIn });
}

/** Somebody went, and wants nothing kept. */
export function left(): void {
  change({ state: "out", methods: ["token"], wasIn: false });
}
