/** `uber-vouchers` in Cloudflare's workerd, which imports a `.wasm` as a compiled module. */
import module from "./uber_vouchers_bg.wasm";

import { instance } from "../wasm/binding.js";
import "../http/own-fetch.workerd.js";

instance.provide(() => module);

export * from "../api.js";
