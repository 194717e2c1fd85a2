/** The page that journal-browser.mjs opens, with all functions that its tests call. */
import * as journals from "uber-vouchers/journal";

import { assert, runTests } from "./harness.mjs";
import { contents, record, wholeRecords } from "./journal-records.mjs";
import { journalSuite } from "./journal-suite.mjs";

const { deleteIndexedDbJournal, fileJournal, indexedDbJournal, memoryJournal } = journals;

/** @param {import("./harness.mjs").Test} test */
function define(test) {
  journalSuite(test, assert, "memory", (_, before) => memoryJournal(before?.bytes()));
  journalSuite(test, assert, "indexeddb", (name) => indexedDbJournal(name), { notices: true });
  test("indexeddb: no stored buffer is larger than its value", async () => {
    const journal = indexedDbJournal("values");
    await journal.append(new Uint8Array(1_000_000).subarray(0, 100_000));
    await journal.truncate(40_000);
    const database = await opened("uber-vouchers:values");
    const request = database.transaction("pieces").objectStore("pieces").getAll();
    await new Promise((resolve) => (request.onsuccess = resolve));
    assert.equal(
      request.result.map(({ length, buffer }) => [length, buffer.byteLength]),
      [
        [32_768, 32_768],
        [7_232, 7_232],
      ],
    );
    database.close();
  });
  test("indexeddb: transactions are durable", async () => {
    const { transaction } = IDBDatabase.prototype;
    /** @type {unknown[]} */
    const asked = [];
    IDBDatabase.prototype.transaction = /** @this {any} @param {any[]} given */ function (
      ...given
    ) {
      if (given[1] === "readwrite") asked.push(given[2]?.durability);
      return transaction.apply(this, /** @type {any} */ (given));
    };
    try {
      const journal = indexedDbJournal("durable");
      await journal.append(new Uint8Array(1));
      await journal.truncate(0);
    } finally {
      IDBDatabase.prototype.transaction = transaction;
    }
    assert.equal(asked, ["strict", "strict"]);
  });
  test("indexeddb: a database that the browser closed is opened again", async () => {
    const journal = indexedDbJournal("closed");
    await journal.append(new Uint8Array(10));
    const { transaction } = IDBDatabase.prototype;
    for (const [times, expected] of /** @type {const} */ ([
      [1, "kept"],
      [2, "InvalidStateError"],
    ])) {
      let left = times;
      IDBDatabase.prototype.transaction = /** @this {any} @param {any[]} given */ function (
        ...given
      ) {
        if (left-- > 0) this.close();
        return transaction.apply(this, /** @type {any} */ (given));
      };
      const call = journal.append(new Uint8Array(10));
      const became = await call.then(
        () => "kept",
        ({ name }) => name,
      );
      IDBDatabase.prototype.transaction = transaction;
      assert.equal(became, expected);
    }
    await journal.append(new Uint8Array(10));
    assert.equal((await contents(journal)).length, 30);
  });
  test("indexeddb: a journal is deleted only when it is not locked", async () => {
    const journal = indexedDbJournal("deleted");
    await journal.append(new Uint8Array(10));
    const release = await journal.lock?.();
    await assert.rejects(deleteIndexedDbJournal("deleted"), { name: "InvalidStateError" });
    assert.equal((await contents(journal)).length, 10);
    await release?.();
    // An open journal that is not locked is closed.
    assert.equal((await contents(journal)).length, 10);
    await deleteIndexedDbJournal("deleted");
    const names = (await indexedDB.databases()).map(({ name }) => name);
    assert.ok(!names.includes("uber-vouchers:deleted"), "It is gone");
    // It would continue without its beginning.
    await assert.rejects(journal.append(new Uint8Array(1)), { name: "Error" });
    assert.equal((await contents(journal)).length, 0);
    await journal.append(new Uint8Array(1));
    assert.equal((await contents(journal)).length, 1);
    await deleteIndexedDbJournal("deleted");
    await deleteIndexedDbJournal("never there");
  });
  test("indexeddb: deletion does not wait for a lock", async () => {
    await indexedDbJournal("foreign").append(new Uint8Array(1));
    const foreign = await opened("uber-vouchers:foreign");
    await assert.rejects(deleteIndexedDbJournal("foreign"), { name: "InvalidStateError" });
    foreign.close();
    // The deletion that was requested before, now that it is possible.
    assert.equal((await contents(indexedDbJournal("foreign"))).length, 0);
  });
  test("indexeddb: reading creates no database", async () => {
    const journal = indexedDbJournal("only read");
    assert.equal((await contents(journal)).length, 0);
    await journal.truncate(0);
    const names = (await indexedDB.databases()).map(({ name }) => name);
    assert.ok(!names.includes("uber-vouchers:only read"));
    // Nor does it prevent a concurrent append from creating one.
    const [read] = await Promise.all([contents(journal), journal.append(new Uint8Array(7))]);
    assert.ok(read.length === 0 || read.length === 7);
    assert.equal((await contents(journal)).length, 7);
  });
  test("missing APIs and invalid names are refused", async () => {
    const members = { name: "ValidationError", code: "invalid_options" };
    const any = /** @type {any} */ (journals);
    await assert.rejects(
      Promise.resolve().then(() => fileJournal("/tmp/x")),
      members,
    );
    for (const name of ["", 7, undefined, "x".repeat(201), "\ud800"]) {
      await assert.rejects(
        Promise.resolve().then(() => any.indexedDbJournal(name)),
        members,
      );
      await assert.rejects(any.deleteIndexedDbJournal(name), members);
    }
  });
}

/** Opens the database as code that knows nothing of journals. @param {string} name @returns {Promise<IDBDatabase>} */
function opened(name) {
  const request = indexedDB.open(name);
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @param {string} name */
async function state(name) {
  return wholeRecords(await contents(indexedDbJournal(name)));
}

Object.assign(globalThis, {
  async suite() {
    /** @type {unknown[]} */
    const results = [];
    await runTests(define, (result) => results.push(result));
    return results;
  },
  state,
  /** Appends until the tab is closed, and reports each record that is kept. @param {string} name */
  async appendOn(name) {
    const journal = indexedDbJournal(name);
    if (!(await journal.lock?.())) throw new Error("The lock is not free");
    const { count, length } = await state(name);
    await journal.truncate(length);
    for (let number = count; ; number += 1) {
      await journal.append(record(number));
      /** @type {any} */ (globalThis).tell(number);
    }
  },
  /** @param {string} name */
  async lock(name) {
    const release = await indexedDbJournal(name).lock?.();
    Object.assign(globalThis, { release });
    return release !== undefined;
  },
  /** Waits until it is not locked. @param {string} name */
  async unlocked(name) {
    await navigator.locks.request(`uber-vouchers:${name}`, () => {});
    return /** @type {any} */ (globalThis).lock(name);
  },
  /** The result of an append. @param {string} name @param {number} length */
  async append(name, length) {
    const { kept } = /** @type {any} */ (globalThis);
    const journal = kept.get(name) ?? indexedDbJournal(name);
    kept.set(name, journal);
    try {
      await journal.append(new Uint8Array(length));
      return "kept";
    } catch (error) {
      return /** @type {any} */ (error).name;
    }
  },
  /** The result of opening a database that the browser does not open. @param {boolean} isSilent */
  async unopened(isSilent) {
    const { open } = IDBFactory.prototype;
    /** @type {IDBDatabase | undefined} */
    let foreign;
    if (isSilent) IDBFactory.prototype.open = () => /** @type {any} */ ({});
    else {
      // A connection that does not close prevents the deletion, and all later requests wait.
      await indexedDbJournal("unopened").append(new Uint8Array(1));
      foreign = await opened("uber-vouchers:unopened");
      indexedDB.deleteDatabase("uber-vouchers:unopened");
    }
    const journal = indexedDbJournal("unopened");
    const came = [contents(journal), journal.append(new Uint8Array(1))].map((call) =>
      call.then(
        () => "opened",
        ({ name, message }) => `${name}: ${message}`,
      ),
    );
    const errors = await Promise.all(came);
    IDBFactory.prototype.open = open;
    foreign?.close();
    // Once it can be opened, it is opened.
    await journal.append(new Uint8Array(3));
    return [errors, (await contents(journal)).length];
  },
  /** The length by the object that `append` uses. @param {string} name */
  async length(name) {
    return (await contents(/** @type {any} */ (globalThis).kept.get(name))).length;
  },
  kept: new Map(),
});
