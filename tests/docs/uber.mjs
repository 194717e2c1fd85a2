/**
 * Loaded before a sample that calls Uber: the global `fetch` leads to a sandbox, the
 * environment names an app, and `codes.csv` has the codes of the program `june`.
 */
import { writeFileSync } from "node:fs";

import { createSandbox } from "uber-vouchers/sandbox";

export const identity = {
  organizationId: "my-organization",
  clientId: "my-app",
  clientSecret: "my-secret",
};
const sandbox = await createSandbox({ ...identity, signingKey: "my-signing-key" });
const { codes } = sandbox.createProgram({ id: "june", codes: 1200 });
writeFileSync("codes.csv", ["code_id", ...codes, ""].join("\n"));
globalThis.fetch = sandbox.fetch;
Object.assign(process.env, {
  UBER_ORGANIZATION_ID: identity.organizationId,
  UBER_CLIENT_ID: identity.clientId,
  UBER_CLIENT_SECRET: identity.clientSecret,
  UBER_SIGNING_KEY: "my-signing-key",
});
