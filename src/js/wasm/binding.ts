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

// By name, so that a bundler leaves out the rest of what was generated.
const glue = {
  Client,
  CodeReader,
  JobMachine,
  __wbg_reset_state,
  authorizationUrl,
  initSync,
  readWebhook,
  renewAt,
};

/** What wasm-bindgen generated for the client. */
export type Binding = typeof glue;

/** Loaded by the first call; the entry of each host says where from. */
export const instance = new Instance(glue);
