/** Signing in and out. */
import { clearCache } from "./resource.js";
import { getJson, sendJson } from "./request.js";
import {
  onTold,
  sessionNow,
  signOutLocally,
  signedIn,
  signedOutElsewhere,
  tell,
} from "./session-state.js";
import type { SessionInfo } from "./types.js";
import { worker } from "./worker.js";

const OPERATOR = "operator";

/** Exchanges a token for a cookie, which this page can't read. */
export async function signIn(token: string): Promise<void> {
  await sendJson("POST", "/api/session", { token });
  const { operator } = await getJson<SessionInfo>("/api/session");
  const isAnother = becomeOperator(operator);
  signedIn();
  tell({ state: "in", isAnother });
}

/** Records whose session it is, however it began. */
export function continueAs(operator: string): void {
  if (!becomeOperator(operator)) return;
  signedIn();
  tell({ state: "in", isAnother: true });
}

/** Whether another operator was signed in before, of whom nothing is kept then. */
function becomeOperator(operator: string): boolean {
  let before: string | null = null;
  try {
    before = localStorage.getItem(OPERATOR);
    localStorage.setItem(OPERATOR, operator);
  } catch {
    // Without storage nothing outlives the page.
  }
  const isAnother = before !== null && before !== operator;
  if (isAnother) forget();
  return isAnother;
}

function forget(): void {
  clearCache();
  signOutLocally();
}

/** Ends the session, and clears everything that was read in it. */
export async function signOut(): Promise<void> {
  await worker.request("/api/session", { method: "DELETE" });
  forget();
  tell({ state: "out", methods: ["token"] });
}

/** Follows what other tabs do. */
export function watchSession(): void {
  onTold((told) => {
    if (told.state === "in") {
      if (told.isAnother) forget();
      signedIn();
      return;
    }
    signedOutElsewhere(told.methods);
    // The other tab may have heard of an older session.
    const asked = sessionNow();
    getJson("/api/session").then(
      () => signedIn(asked),
      () => {},
    );
  });
}
