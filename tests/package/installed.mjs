/**
 * The package, for tests that need the tools of this checkout: from the folder `INSTALLED`, if
 * it was installed there, or else this checkout's own.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { resolve } = createRequire(join(process.env["INSTALLED"] ?? import.meta.dirname, "x.js"));

/** @param {string} name @returns {Promise<any>} */
const load = (name) => import(pathToFileURL(resolve(name)).href);

/** @type {typeof import("uber-vouchers")} */
export const uberVouchers = await load("uber-vouchers");
/** @type {typeof import("uber-vouchers/journal")} */
export const journals = await load("uber-vouchers/journal");
/** @type {typeof import("uber-vouchers/sandbox")} */
export const sandboxModule = await load("uber-vouchers/sandbox");
