/**
 * `uber-vouchers/distribute` in Vercel's edge runtime, which can't compile at run time: the module
 * is imported compiled.
 */
import module from "./uber_vouchers_distribute_bg.wasm?module";

import { instance } from "../wasm/distribute-binding.js";

instance.provide(() => module);

export * from "../distribute-api.js";
