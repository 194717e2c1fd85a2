/** The instance of the client's wasm that all calls share. */
import * as glue from "./uber_vouchers.js";
import { Instance } from "./instance.js";

/** What wasm-bindgen generated for the client. */
export type Binding = typeof glue;

/** Loaded by the first call; the entry of each host says where from. */
export const instance = new Instance<Binding>(glue);
