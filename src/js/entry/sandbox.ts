/** `uber-vouchers/sandbox` in a page, a worker of a page, and any host that finds the module by its URL. */
import { instance } from "../wasm/sandbox-binding.js";

instance.provide(() => new URL("./uber_vouchers_sandbox_bg.wasm", import.meta.url));

export * from "../sandbox/api.js";
