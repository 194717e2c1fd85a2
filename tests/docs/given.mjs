/** Lines that a sample assumes, because the text around it mentions them. */

const CLIENT = `
import { createClient as createGivenClient } from "uber-vouchers";
import { createSandbox as createGivenSandbox } from "uber-vouchers/sandbox";
const sandbox = await createGivenSandbox({ signingKey: "my-signing-key" });
const { programId, codes } = sandbox.createProgram({ codes: 3 });
const client = createGivenClient({
  organizationId: "my-organization",
  auth: { clientId: "my-app", clientSecret: "my-secret" },
  fetch: sandbox.fetch,
  clock: sandbox.clock,
});
`;

/** @type {Record<string, string>} */
export const GIVEN = {
  client: CLIENT,
  // A journal that was downloaded from the worker, and the identity of the caller.
  journal: `
import { writeFileSync as writeGiven } from "node:fs";
import { memoryJournal as givenJournal } from "uber-vouchers/journal";
const organizationId = "my-organization";
const auth = { accessToken: "token" };
{
  const journal = givenJournal();
  const giver = (await import("uber-vouchers")).createClient({ organizationId, auth });
  const job = await giver.createJob("june", ["3f2504e0-4f89-41d3-9a0c-0305e82c3301"], { journal });
  await job.close();
  writeGiven("distribution.journal", journal.bytes());
}
`,
};
