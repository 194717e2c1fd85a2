/** `uber-vouchers/distribute` in Cloudflare's workerd, which imports a `.wasm` as a compiled module. */
import module from "./uber_vouchers_distribute_bg.wasm";

import { instance } from "../wasm/distribute-binding.js";
import "../http/own-fetch.workerd.js";

instance.provide(() => module);

export * from "../distribute-api.js";
