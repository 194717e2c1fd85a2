/** Signing in and out. */
import { forgetAll } from "./resource.js";
import { sendJson } from "./request.js";
import { left, signedIn } from "./session-state.js";
import { worker } from "./worker.js";

/** The admin token for a cookie, which this page can't read. */
export async function signIn(token: string): Promise<void> {
  await sendJson("POST", "/api/session", { token });
  signedIn();
}

/** Ends the session, and lets go of all that was read in it. */
export async function signOut(): Promise<void> {
  await worker.request("/api/session", { method: "DELETE" });
  forgetAll();
  left();
}
