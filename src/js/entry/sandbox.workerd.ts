/** `uber-vouchers/sandbox` in Cloudflare's workerd, which imports a `.wasm` as a compiled module. */
import module from "./uber_vouchers_sandbox_bg.wasm";

import { instance } from "../wasm/sandbox-binding.js";

instance.provide(() => module);

export * from "../sandbox/api.js";
