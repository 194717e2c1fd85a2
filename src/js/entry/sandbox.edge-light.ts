/**
 * `uber-vouchers/sandbox` in Vercel's edge runtime, which can't compile at run time: the module is
 * imported compiled.
 */
import module from "./uber_vouchers_sandbox_bg.wasm?module";

import { instance } from "../wasm/sandbox-binding.js";

instance.provide(() => module);

export * from "../sandbox/api.js";
