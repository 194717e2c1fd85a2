/** The module of the client, for hosts that load it their own way. */
import { instance } from "./binding.js";
import { invalidOption } from "../errors.js";
import { MODULE_FAULT, isModuleSource } from "./instance.js";
import type { HostURL, WasmModule } from "../types.js";

/**
 * Says where the module is, for hosts and bundles that can't find it by
 * themselves: compiled, its bytes (`uber-vouchers/wasm`), or the URL to fetch it
 * from. All calls use it, `parseCodes` and `verifyWebhook` too. Call it before
 * any of them: the module is loaded once, and what comes later has no effect.
 *
 * @throws {ValidationError} `invalid_options` if it is none of these.
 */
export function setModule(module: WasmModule | ArrayBuffer | Uint8Array | HostURL): void {
  if (!isModuleSource(module)) throw invalidOption(`\`module\` ${MODULE_FAULT}`);
  instance.provide(() => module);
}
