/** The type of `uber-vouchers/wasm` and `uber-vouchers/sandbox/wasm`, as edge workers import them. */
import type { WasmModule } from "../types.js";

declare const module: WasmModule;
export default module;
