/** `/api/session`: signs in with an operator's token for a cookie, and signs out. */
import { Attempts, addressOf } from "./attempts.js";
import { endSession } from "./ended-sessions.js";
import { log } from "../log.js";
import { readMembers, readParameters } from "./parse-parameters.js";
import { operatorTokens } from "./operator-tokens.js";
import { tooManyAttempts } from "./operator.js";
import { problemResponse, refuse } from "../problem.js";
import { closeSession, openSession, ownerOf, readSession } from "./session.js";
import { stubs } from "../stubs.js";
import type { Call } from "../types.js";
import { readJson } from "./request-body.js";

// In each isolate, before the one object that counts for all: a flood of guesses must not overload
// that object.
const attempts = new Attempts(Infinity);

export async function answerSession(call: Call): Promise<Response> {
  const { request, url, env } = call;
  readParameters(url, {});
  if (request.method !== "POST" && request.method !== "DELETE") {
    const allow = "GET, POST, DELETE";
    throw refuse(405, "method_not_allowed", `Only ${allow} is served here`, `Use ${allow}.`, {
      headers: { Allow: allow },
    });
  }
  if (request.headers.get("Origin") !== url.origin) {
    throw refuse(
      403,
      "foreign_origin",
      "The request does not come from the console's own page",
      "Open the console at this worker's own address.",
    );
  }
  const tokens = operatorTokens(env);
  if (request.method === "DELETE") {
    const cookie = request.headers.get("Cookie");
    const session = await readSession(cookie, url, tokens, Date.now());
    // Before the cookie is deleted: if ending fails, it can be tried again.
    if (session !== undefined) await endSession(env, session.until);
    return withCookie(closeSession(url));
  }
  if (tokens.length === 0) {
    throw refuse(
      403,
      "no_admin_token",
      "No admin token is configured",
      "Sign in with Cloudflare Access.",
    );
  }
  const app = stubs(env).app();
  const from = addressOf(request);
  // Counted before it is compared, so that parallel requests get no extra tries.
  const wait = attempts.attempt(from, Date.now()) || (await app.attempt(from));
  if (wait > 0) throw tooManyAttempts(wait);
  const { token } = readMembers(await readJson(request), ["token"]);
  const owner = typeof token === "string" ? await ownerOf(token.trim(), tokens) : undefined;
  if (owner === undefined) {
    log("sign-in", { state: "refused" });
    return problemResponse({
      status: 401,
      code: "wrong_token",
      title: "No operator has this token",
      hint: "It is ADMIN_TOKEN, or your own token in OPERATOR_TOKENS, where the worker runs.",
    });
  }
  attempts.reset(from);
  await app.succeeded(from);
  log("sign-in", { state: "accepted" });
  return withCookie(await openSession(url, owner, Date.now()));
}

function withCookie(cookie: string): Response {
  return new Response(null, { status: 204, headers: { "Set-Cookie": cookie } });
}
