/**
 * Identifies the operator: by Cloudflare Access, by a token as a bearer token, or by the console's
 * session cookie.
 */
import { accessOperator } from "./access.js";
import { Attempts, addressOf } from "./attempts.js";
import { type Refusal, refuse } from "../problem.js";
import { isLoopback } from "../../environment.js";
import { isSessionEnded } from "./ended-sessions.js";
import { operatorTokens } from "./operator-tokens.js";
import { ownerOf, readSession } from "./session.js";
import { stubs } from "../stubs.js";
import type { Call, SessionInfo, WorkerEnv } from "../types.js";
import { tokenIn } from "../live-protocol.js";

export interface Operator {
  /** An e-mail address from Access, the name of the operator's token, or `admin`. */
  name: string;
  by: SessionInfo["by"];
  /**
   * Whether the browser adds the credential automatically: then it does not prove that our page
   * sent the request.
   */
  isAmbient: boolean;
  /** When a session ends, in epoch milliseconds. */
  until: number | null;
}

// In each isolate, so that an accepted request calls no object first.
const guesses = new Attempts();

/**
 * The origin of Cloudflare Access's team, of `https://team.cloudflareaccess.com` or the
 * bare host. Without TLS anyone could respond, so such an origin is refused.
 */
export function teamDomain({ ACCESS_TEAM_DOMAIN: said }: WorkerEnv): string | undefined {
  const given = (said ?? "").trim();
  const text = given.includes("://") ? given : `https://${given}`;
  if (given === "" || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isSafe = url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url));
  return isSafe ? url.origin : undefined;
}

/** The configured ways for operators to sign in. If there is none, nothing is served. */
export function methods(env: WorkerEnv): ("access" | "token")[] {
  const found: ("access" | "token")[] = [];
  if (teamDomain(env) !== undefined && env.ACCESS_AUDIENCE) found.push("access");
  if (operatorTokens(env).length > 0) found.push("token");
  return found;
}

/** The operator, or why there is none. */
export async function operatorOf(call: Call): Promise<Operator> {
  const allowed = methods(call.env);
  const found = (await byToken(call)) ?? (await byAccess(call));
  if (found) return found;
  throw refuse(401, "not_signed_in", "You are not signed in", "Sign in, then try again.", {
    more: { methods: allowed },
    headers: { "WWW-Authenticate": "Bearer" },
  });
}

async function byToken({ request, url, env }: Call): Promise<Operator | undefined> {
  const tokens = operatorTokens(env);
  if (tokens.length === 0) return undefined;
  const now = Date.now();
  const bearer = bearerOf(request);
  if (bearer !== undefined) {
    const from = addressOf(request);
    const wait = guesses.wait(from, now);
    if (wait > 0) throw tooManyAttempts(wait);
    const owner = await ownerOf(bearer, tokens);
    if (owner !== undefined) {
      guesses.accept(from);
      return { name: owner.name, by: "token", isAmbient: false, until: null };
    }
    guesses.attempt(from, now);
    // Counted over all isolates too, together with tries to sign in.
    const inAll = await stubs(env).app().attempt(from);
    if (inAll > 0) guesses.block(now + inAll);
    return undefined;
  }
  const session = await readSession(request.headers.get("Cookie"), url, tokens, now);
  if (session === undefined || (await isSessionEnded(env, session.until, now))) return undefined;
  return { ...session, by: "token", isAmbient: true };
}

/** The token in `Authorization`; with a WebSocket also among the subprotocols. */
function bearerOf({ headers }: Request): string | undefined {
  const [, bearer] = /^Bearer +(\S+)$/i.exec(headers.get("Authorization") ?? "") ?? [];
  return bearer ?? tokenIn(headers.get("Sec-WebSocket-Protocol"));
}

async function byAccess({ request, env }: Call): Promise<Operator | undefined> {
  const domain = teamDomain(env);
  if (domain === undefined || !env.ACCESS_AUDIENCE) return undefined;
  const found = await accessOperator(request, domain, env.ACCESS_AUDIENCE);
  if (found !== "unreachable") return found && { ...found, by: "access" };
  throw refuse(
    503,
    "access_unreachable",
    "Cloudflare Access's keys could not be fetched, so its sign-in does not work now",
    "Try again in a moment. If this persists, check ACCESS_TEAM_DOMAIN.",
    { headers: { "Retry-After": "5" } },
  );
}

/** The refusal after too many tries. */
export function tooManyAttempts(wait: number): Refusal {
  return refuse(
    429,
    "too_many_attempts",
    "There were too many sign-in attempts",
    "Wait a minute, then try again.",
    { headers: { "Retry-After": String(Math.ceil(wait / 1000)) } },
  );
}

/**
 * Refuses requests of another site's page. Credentials that the browser adds
 * automatically (a cookie, Access's token) need our own origin; a bearer token proves
 * intent, so the origin may be absent, ours, or an allowed one.
 */
export function refuseForeign(call: Call, operator: Operator, allowed: readonly string[]): void {
  const { request, url } = call;
  const isReading = request.method === "GET" || request.method === "HEAD";
  const isUpgrade = request.headers.get("Upgrade") !== null;
  const origin = request.headers.get("Origin");
  const isOwn = origin === url.origin;
  const isFine = operator.isAmbient
    ? isOwn || (isReading && !isUpgrade && origin === null && !isCrossSite(request))
    : origin === null || isOwn || allowed.includes(origin);
  if (isFine) return;
  throw refuse(
    403,
    "foreign_origin",
    "The request comes from another site",
    "Open the console at this worker's own address, or allow the origin and send a bearer token.",
  );
}

function isCrossSite(request: Request): boolean {
  const site = request.headers.get("Sec-Fetch-Site");
  return site === "cross-site" || site === "same-site";
}
