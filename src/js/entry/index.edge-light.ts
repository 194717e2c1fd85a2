/** `uber-vouchers` in Vercel's edge runtime, which may compile nothing: the module comes compiled. */
import module from "./uber_vouchers_bg.wasm?module";

import { instance } from "../wasm/binding.js";

instance.provide(() => module);

export * from "../api.js";
