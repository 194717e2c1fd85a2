/** The instance of the sandbox's wasm that all sandboxes share. */
import type { SandboxBinding } from "../sandbox/core.js";
import { Instance } from "./instance.js";
import { traps } from "./microtask.js";
import * as glue from "./uber_vouchers_sandbox.js";

/** Loaded by the first call; the entry of each host defines its location. */
export const instance = new Instance<SandboxBinding>(glue);

traps.add((cause) => instance.lose(cause));
