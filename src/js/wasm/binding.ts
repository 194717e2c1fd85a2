/** The instance of the client's wasm that all calls share. */
import {
  Client,
  CodeReader,
  JobMachine,
  __wbg_reset_state,
  authorizationUrl,
  initSync,
  readWebhook,
  renewAt,
} from "./uber_vouchers.js";
import { Instance } from "./instance.js";
import type { Binding } from "./results.js";

// Imported by name, so that a bundler can drop the rest of the generated code.
const glue: Binding = {
  Client,
  CodeReader,
  JobMachine,
  __wbg_reset_state,
  authorizationUrl,
  initSync,
  readWebhook,
  renewAt,
};

export type { Binding } from "./results.js";

/** Loaded by the first call; the entry of each host defines its location. */
export const instance = new Instance(glue);
