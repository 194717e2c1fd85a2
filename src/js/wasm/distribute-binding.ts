/**
 * The instance of the small wasm, which has no jobs and no webhooks. In the files of
 * `uber-vouchers/distribute` it stands in place of `binding.ts`: `scripts/build.mjs` puts it there.
 */
import {
  Client,
  CodeReader,
  __wbg_reset_state,
  authorizationUrl,
  initSync,
  renewAt,
} from "./uber_vouchers_distribute.js";
import { Instance } from "./instance.js";

// By name, so that a bundler leaves out the rest of what was generated.
const glue = { Client, CodeReader, __wbg_reset_state, authorizationUrl, initSync, renewAt };

/** Loaded by the first call; the entry of each host says where from. */
export const instance = new Instance(glue);
