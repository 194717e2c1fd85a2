/** Sets the module of the client, for hosts that load it in another way. */
import { instance } from "./binding.js";
import { invalidOption } from "../errors.js";
import { MODULE_FAULT, isModuleSource } from "./instance.js";
import type { HostURL, WasmModule } from "../types.js";

/**
 * Sets the module, for hosts and bundles that can't find it automatically: compiled,
 * its bytes (`uber-vouchers/wasm`), or its URL. All calls use it, also `parseCodes` and
 * `verifyWebhook`. Call it before any of them: the module is loaded once, and a later
 * call has no effect.
 *
 * @throws {ValidationError} `invalid_options` if it is none of these.
 */
export function setModule(module: WasmModule | ArrayBuffer | Uint8Array | HostURL): void {
  if (!isModuleSource(module)) throw invalidOption(`\`module\` ${MODULE_FAULT}`);
  instance.provide(() => module);
}
