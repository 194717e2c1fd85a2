/** `uber-vouchers/sandbox` in Vercel's edge runtime, which may compile nothing: the module comes compiled. */
import module from "./uber_vouchers_sandbox_bg.wasm?module";

import { instance } from "../wasm/sandbox-binding.js";

instance.provide(() => module);

export * from "../sandbox/api.js";
