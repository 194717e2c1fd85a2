/** The worker's own client: the only place that knows the secret. */
import { type Client, createClient } from "uber-vouchers";

import type { Env } from "./env.js";

const DEFAULT_BASE_URL = "https://api.uber.com";

// One for each isolate: it holds the token, of which Uber gives 100 an hour.
// Only the client is kept here and no promise of one: in an edge worker a
// promise dies with the request that began it, and later ones wait for ever.
let client: Client | undefined;

/** The client of this isolate, made by the first request that needs it. */
export function uber(env: Env): Client {
  client ??= createClient({
    organizationId: env.UBER_ORGANIZATION_ID,
    auth: {
      clientId: env.UBER_CLIENT_ID,
      clientSecret: env.UBER_CLIENT_SECRET,
      ...(env.UBER_SCOPE === undefined ? {} : { scope: env.UBER_SCOPE as never }),
      ...(env.UBER_TOKEN_URL === undefined ? {} : { tokenUrl: env.UBER_TOKEN_URL }),
    },
    ...(env.UBER_BASE_URL === undefined ? {} : { baseUrl: env.UBER_BASE_URL }),
    ...(env.SANDBOX === undefined ? {} : { fetch: env.SANDBOX as never }),
  });
  return client;
}

/**
 * The page's client repeats what may be repeated, and waits as long as Uber
 * asks. If this one did so too, the page would time out meanwhile and take a
 * refused call for one that may have been queued.
 */
export const ONCE = { maxRetries: 0 } as const;

/** What the page may know of the other side. No secrets. */
export function config(env: Env): {
  organizationId: string;
  environment: "sandbox" | "uber";
  host: string | null;
} {
  const sandbox = env.SANDBOX !== undefined;
  return {
    organizationId: env.UBER_ORGANIZATION_ID,
    environment: sandbox ? "sandbox" : "uber",
    host: sandbox ? null : new URL(env.UBER_BASE_URL ?? DEFAULT_BASE_URL).host,
  };
}
