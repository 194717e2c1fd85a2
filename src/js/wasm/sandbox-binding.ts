/** The instance of the sandbox's wasm that all sandboxes share. */
import { Instance } from "./instance.js";
import { traps } from "./microtask.js";
import * as glue from "./uber_vouchers_sandbox.js";

/** What wasm-bindgen generated for the sandbox. */
export type SandboxBinding = typeof glue;

/** Loaded by the first call; the entry of each host says where from. */
export const instance = new Instance<SandboxBinding>(glue);

traps.add((cause) => instance.lose(cause));
