/** Whether somebody is signed in. */
import type { SessionInfo } from "uber-vouchers/worker-client";

import { createStore } from "../store.js";

export type Method = SessionInfo["by"];

export type Session =
  /** Not known yet. */
  | { state: "asking" }
  | { state: "in" }
  /** `wasIn`: the session has ended; the content of the screen is kept. */
  | { state: "out"; methods: readonly Method[]; wasIn: boolean };

export const session = createStore<Session>({ state: "asking" });

let changes = 0;

/** What one tab of the browser tells the others, which have the same cookie. */
type Told =
  | { state: "out"; methods: readonly Method[] }
  /** `isAnother`: another operator than before. */
  | { state: "in"; isAnother: boolean };

const tabs = new BroadcastChannel("session");

/** Calls `act` for what another tab has told. */
export const onTold = (act: (told: Told) => void): void =>
  tabs.addEventListener("message", ({ data }: MessageEvent<Told>) => act(data));

export const tell = (told: Told): void => tabs.postMessage(told);

/**
 * How often somebody signed in or out. Callers read it before a request and pass it
 * back with the response: a response that belongs to an earlier session is ignored.
 */
export const sessionNow = (): number => changes;

function change(to: Session): void {
  changes += 1;
  session.set(to);
}

export function signedIn(asked = changes): void {
  if (asked === changes && session.get().state !== "in") change({ state: "in" });
}

/** The worker does not accept this browser's session (any more). */
export function signedOut(methods: unknown, asked = changes): void {
  const before = session.get();
  const known = Array.isArray(methods) ? (methods as Method[]) : [];
  if (asked !== changes) return;
  if (before.state === "out" && known.length === before.methods.length) return;
  const wasIn = before.state === "in" || (before.state === "out" && before.wasIn);
  change({ state: "out", methods: known, wasIn });
  if (before.state !== "out") tell({ state: "out", methods: known });
}

/** Another tab says so. What was read here is kept for after the sign-in. */
export function signedOutElsewhere(methods: readonly Method[]): void {
  if (session.get().state === "in") change({ state: "out", methods, wasIn: true });
}

/** The user signed out, so nothing is kept. */
export function signOutLocally(): void {
  change({ state: "out", methods: ["token"], wasIn: false });
}
