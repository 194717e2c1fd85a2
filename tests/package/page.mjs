/** The page that browser.mjs opens: the suite, and tests that only a page can run. */
import * as uberVouchers from "uber-vouchers";
import * as distribute from "uber-vouchers/distribute";
import * as journal from "uber-vouchers/journal";
import * as sandbox from "uber-vouchers/sandbox";

import codes from "../vectors/codes.json" with { type: "json" };
import journals from "../vectors/journal.json" with { type: "json" };
import webhooks from "../vectors/webhooks.json" with { type: "json" };
import { distributeSuite } from "./distribute-suite.mjs";
import { assert, runTests } from "./harness.mjs";
import { jobSuite } from "./job-suite.mjs";
import { suite } from "./suite.mjs";
import { recipientsSuite } from "./recipients-suite.mjs";
import { usageSuite } from "./usage-suite.mjs";

/** @param {import("./harness.mjs").Test} test */
async function define(test) {
  await suite(test, assert, uberVouchers, sandbox, { codes, webhooks });
  await distributeSuite(test, assert, distribute, uberVouchers, sandbox, { codes });
  await jobSuite(test, assert, uberVouchers, sandbox, journal, journals);
  await usageSuite(test, assert, uberVouchers, sandbox, journal);
  await recipientsSuite(test, assert, uberVouchers, sandbox);
  const secret = { clientId: "a", clientSecret: "b" };
  test("a page refuses a client secret", async () => {
    const { createClient, exchangeCode } = uberVouchers;
    const members = { name: "ValidationError", code: "secret_in_browser", queued: "no" };
    for (const auth of [
      secret,
      { ...secret, tokens: { accessToken: "t", expiresAt: 1, scope: "" } },
    ]) {
      const creating = async () => createClient({ organizationId: "o", auth });
      await assert.rejects(creating(), members);
    }
    await assert.rejects(
      exchangeCode({ ...secret, code: "c", redirectUri: "https://a/" }),
      members,
    );
    const open = { organizationId: "o", auth: secret, dangerouslyAllowBrowser: true };
    await createClient(open).ready();
  });
  test("a page accepts the client secret of a sandbox", async () => {
    const uber = await sandbox.createSandbox();
    const { programId, codes: own } = uber.createProgram({ codes: 3 });
    const redirectUri = "https://a/";
    for (const fetch of [uber.fetch, uber, { fetch: uber.fetch }]) {
      const { createClient, exchangeCode } = uberVouchers;
      const client = createClient({ organizationId: "o", auth: secret, fetch, clock: uber.clock });
      assert.equal((await client.distribute(programId, own)).codes, 3);
      // The code is wrong, and the error says so.
      const exchange = exchangeCode({ ...secret, code: "c", redirectUri, fetch });
      await assert.rejects(exchange, { code: "token_rejected" });
    }
  });
  test("a web worker refuses a client secret", async () => {
    const worker = new Worker(new URL("./page-worker.mjs", import.meta.url), { type: "module" });
    const said = await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(`The worker failed: ${message}`));
    });
    assert.equal(said, ["secret_in_browser", "allowed", 1]);
  });
  test("a job whose IndexedDB journal disappears does not start over, in this page or a later one", async () => {
    const { createClient } = uberVouchers;
    const { deleteIndexedDbJournal, indexedDbJournal } = journal;
    const { fetch, clock, ...made } = await sandbox.createSandbox({ seed: 3 });
    const { programId, codes } = made.createProgram({ codes: 100 });
    const sent = () => [...made.deliveries(programId).values()];
    const auth = { clientId: "a", clientSecret: "b" };
    /** @type {Promise<unknown> | undefined} */
    let deleting;
    const client = createClient({
      organizationId: "o",
      auth,
      clock,
      dangerouslyAllowBrowser: true,
      // Otherwise the job may end before the database is deleted.
      fetch: async (...request) => {
        await deleting;
        return fetch(...request);
      },
    });
    const create = () =>
      client.createJob(programId, codes, { journal: indexedDbJournal("vanishes"), batchSize: 10 });
    const lost = { code: "journal_lost", queued: "unknown" };
    const job = await create();
    job.subscribe(() => {
      if (deleting !== undefined || job.progress().queued < 50) return;
      deleting = new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase("uber-vouchers:vanishes");
        request.onsuccess = resolve;
        request.onerror = reject;
      });
    });
    await assert.rejects(job.run(), lost);
    assert.ok(deleting !== undefined && job.progress().queued >= 50);
    await assert.rejects(job.run(), lost);
    await assert.rejects(create(), lost);
    await assert.rejects(client.resumeJob(indexedDbJournal("vanishes")), lost);
    assert.ok(sent().every((times) => times <= 1));
    // The state that a later page finds.
    assert.ok(Number(localStorage.getItem("uber-vouchers:vanishes")) > 1_600);
    localStorage.setItem("uber-vouchers:later", "2000");
    const later = client.createJob(programId, codes, { journal: indexedDbJournal("later") });
    await assert.rejects(later, lost);
    // Deleted on purpose.
    await deleteIndexedDbJournal("vanishes");
    assert.equal(localStorage.getItem("uber-vouchers:vanishes"), null);
    await (await create()).close();
    await deleteIndexedDbJournal("vanishes");
  });
  test("resuming creates no database", async () => {
    const { createClient } = uberVouchers;
    const client = createClient({ organizationId: "o", auth: "none", baseUrl: "/" });
    const missing = client.resumeJob(journal.indexedDbJournal("mistyped"));
    const error = await assert.rejects(missing, { code: "journal_mismatch", queued: "no" });
    assert.ok(/does not exist/.test(error.message) && !/empty/.test(error.hint));
    const names = (await indexedDB.databases()).map(({ name }) => name);
    assert.ok(!names.includes("uber-vouchers:mistyped"));
  });
  test("a page calls its own server by a relative path", async () => {
    /** @type {string[]} */
    const urls = [];
    const { createClient } = uberVouchers;
    const options = { organizationId: "o", auth: /** @type {const} */ ("none") };
    const onRequest = (/** @type {{ url: string }} */ { url }) => void urls.push(url);
    for (const baseUrl of ["/uber", "/uber/"]) {
      const client = createClient({ ...options, baseUrl, onRequest });
      const receipt = await client.distribute("p", codes.lists[3]?.expect.codes ?? []);
      assert.equal(receipt.codes, 1);
    }
    const expected = `${location.origin}/uber/v1/organizations/o/voucher-programs/p/codes/distribute`;
    assert.equal(urls, [expected, expected]);
    // The browser hides the failure: no proof either way.
    const call = createClient({ ...options, baseUrl: "/redirect" }).distributeAll("p");
    await assert.rejects(call, { code: "unexpected_response", queued: "unknown", status: 0 });
  });
}

await runTests(define, (result) => console.log(`@result ${JSON.stringify(result)}`));
console.log("@end");
