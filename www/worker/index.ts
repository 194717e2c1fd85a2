/**
 * The console's worker: it holds the client secret, serves the console, and
 * stands between the client in the page and Uber, at Uber's own paths.
 *
 * | Route | Does |
 * | --- | --- |
 * | `GET /health` | says that it is up |
 * | `GET /api/config` | which organization, and which side is behind |
 * | `GET /api/programs/{program}/summary` | how many codes a program has |
 * | `GET /api/sandbox/programs/{program}/codes.csv` | a list to try; with the sandbox behind only |
 * | `POST /v1/organizations/{org}/voucher-programs/search` | Search Voucher Programs |
 * | `GET …/voucher-programs/{program}/codes` | Get Voucher Codes |
 * | `POST …/voucher-programs/{program}/codes/distribute` | Bulk Distribution; never to everybody |
 */
import { distribute } from "./distribute.js";
import type { Call, Context, Env } from "./env.js";
import { refuseForeignHost, refuseOtherMethods, refuseOtherSites } from "./guard.js";
import { refused } from "./problem.js";
import { listCodes, sampleCsv, searchPrograms, summary } from "./reading.js";
import { secured } from "./security.js";
import { config } from "./uber.js";

export default {
  async fetch(request: Request, env: Env, context: Context): Promise<Response> {
    const call = { request, url: new URL(request.url), env, context };
    return secured(call, await route(call));
  },
};

const ORGANIZATION = /^\/v1\/organizations\/([^/]+)\/voucher-programs\/(.+)$/;
const CODES = /^([^/]+)\/codes(\/distribute)?$/;
const SUMMARY = /^\/api\/programs\/([^/]+)\/summary$/;
const SAMPLE = /^\/api\/sandbox\/programs\/([^/]+)\/codes\.csv$/;

async function route(call: Call): Promise<Response> {
  const path = call.url.pathname;
  if (path === "/health") return Response.json({ status: "ok" });
  const foreign = refuseForeignHost(call);
  if (foreign) return foreign;
  if (path.startsWith("/v1/")) return refuseOtherSites(call) ?? ubersPaths(call);
  if (path.startsWith("/api/")) {
    return refuseOtherSites(call) ?? refuseOtherMethods(call, "GET") ?? ownPaths(call);
  }
  return refuseOtherMethods(call, "GET", "HEAD") ?? page(call);
}

/** A file of the console, or its page: every screen has an address of its own. */
async function page({ request, url, env }: Call): Promise<Response> {
  const file = await env.ASSETS.fetch(request);
  // The page in place of a script that is gone would only puzzle the browser.
  const isPage = file.headers.get("Content-Type")?.startsWith("text/html") ?? false;
  return isPage && url.pathname.startsWith("/assets/") ? notFound() : file;
}

async function ubersPaths(call: Call): Promise<Response> {
  const [, organization, rest = ""] = ORGANIZATION.exec(call.url.pathname) ?? [];
  if (organization === undefined) return notFound();
  if (decoded(organization) !== call.env.UBER_ORGANIZATION_ID) {
    return refused(
      404,
      "unknown_organization",
      "This worker serves another organization",
      "Reload the console: it asks the worker for its organization.",
    );
  }
  if (rest === "search") return refuseOtherMethods(call, "POST") ?? searchPrograms(call);
  const [, segment, distributes] = CODES.exec(rest) ?? [];
  const program = decoded(segment);
  if (program === undefined) return notFound();
  return distributes === undefined
    ? (refuseOtherMethods(call, "GET") ?? listCodes(call, program))
    : (refuseOtherMethods(call, "POST") ?? distribute(call, program));
}

async function ownPaths(call: Call): Promise<Response> {
  const { url, env } = call;
  if (url.pathname === "/api/config") return Response.json(config(env));
  const counted = decoded(SUMMARY.exec(url.pathname)?.[1]);
  if (counted !== undefined) return summary(call, counted);
  const sampled = decoded(SAMPLE.exec(url.pathname)?.[1]);
  if (sampled !== undefined && env.SANDBOX !== undefined) return sampleCsv(call, sampled);
  return notFound();
}

/** A path segment as it was meant; nothing where it is no UTF-8. */
function decoded(segment: string | undefined): string | undefined {
  try {
    return segment === undefined ? undefined : decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function notFound(): Response {
  return refused(404, "not_found", "There is nothing here", "Open the console at /.");
}
