/** A worker of the page, in which a secret is as readable as in the page. */
// The page's import map does not apply to workers.
// @ts-ignore -- It is there where the package is installed.
import { createClient, parseCodes } from "../../node_modules/uber-vouchers/dist/index.js";

const auth = { clientId: "a", clientSecret: "b" };
const options = { organizationId: "o", auth };
/** @type {unknown} */
let said;
try {
  createClient(options);
} catch (error) {
  said = /** @type {any} */ (error).code;
}
await createClient({ ...options, dangerouslyAllowBrowser: true }).ready();
const { size } = await parseCodes("1f913a96-f52c-42a0-aa0b-a2ba53b2d631");
postMessage([said, "allowed", size]);
