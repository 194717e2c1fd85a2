/** `uber-vouchers/distribute` in Vercel's edge runtime, which may compile nothing: the module comes compiled. */
import module from "./uber_vouchers_distribute_bg.wasm?module";

import { instance } from "../wasm/distribute-binding.js";

instance.provide(() => module);

export * from "../distribute-api.js";
