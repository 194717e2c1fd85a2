/** Everything that `uber-vouchers/distribute` exports: the client's calls, codes, tokens and errors. */
import { BoundClient } from "./client/bound-client.js";
import { type Calls, createCalls } from "./client/calls.js";
import type { ClientOptions } from "./types.js";

/**
 * Creates a client as `uber-vouchers` does, at once and without a request: the same calls,
 * but no jobs.
 *
 * @throws {ValidationError} `invalid_options`, naming the option; `secret_in_browser`;
 *   `invalid_organization_id`.
 */
export function createClient(options: ClientOptions): Calls {
  return createCalls(new BoundClient(options));
}

export type { Calls as Client };
export * from "./common-api.js";
