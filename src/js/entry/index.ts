/** `uber-vouchers` in a page, a worker of a page, and any host that finds the module by its URL. */
import { instance } from "../wasm/binding.js";

instance.provide(() => new URL("./uber_vouchers_bg.wasm", import.meta.url));

export * from "../api.js";
