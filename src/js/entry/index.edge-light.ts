/**
 * `uber-vouchers` in Vercel's edge runtime, which can't compile at run time: the module is imported
 * compiled.
 */
import module from "./uber_vouchers_bg.wasm?module";

import { instance } from "../wasm/binding.js";

instance.provide(() => module);

export * from "../api.js";
