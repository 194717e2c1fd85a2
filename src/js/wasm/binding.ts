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

// By name, so that a bundler leaves out the rest of what was generated.
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

/** Loaded by the first call; the entry of each host says where from. */
export const instance = new Instance(glue);
