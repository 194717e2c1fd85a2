/**
 * The instance of the small wasm, which has no jobs and no webhooks. In the files of
 * `uber-vouchers/distribute` it replaces `binding.ts`, by `scripts/build.mjs`.
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

// Imported by name, so that a bundler can drop the rest of the generated code.
const glue = { Client, CodeReader, __wbg_reset_state, authorizationUrl, initSync, renewAt };

/** Loaded by the first call; the entry of each host defines its location. */
export const instance = new Instance(glue);
