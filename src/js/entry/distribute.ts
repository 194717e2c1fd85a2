/** `uber-vouchers/distribute` in a page, a worker of a page, and any host that finds the module by its URL. */
import { instance } from "../wasm/distribute-binding.js";

instance.provide(() => new URL("./uber_vouchers_distribute_bg.wasm", import.meta.url));

export * from "../distribute-api.js";
