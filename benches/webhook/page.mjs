/** The contestants in a page. */
import { prepare, repeat } from "./host.mjs";

Object.assign(globalThis, { prepare, repeat });
