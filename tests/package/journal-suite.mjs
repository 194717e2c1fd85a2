/** Tests for every kind of journal. */
import { contents } from "./journal-records.mjs";

/** @typedef {import("uber-vouchers/journal").Journal} Journal */

/** Bytes that differ from position to position. @param {number} length @param {number} seed */
function sample(length, seed) {
  const bytes = new Uint8Array(length);
  let state = seed + 1;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

/** @param {Uint8Array[]} parts */
function joined(parts) {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** @param {Uint8Array} found @param {Uint8Array} expected @param {string} [what] */
function same(found, expected, what = "") {
  if (found.length !== expected.length)
    throw new Error(`${what}: ${found.length} bytes, not ${expected.length}`);
  const at = found.findIndex((byte, index) => byte !== expected[index]);
  if (at !== -1) throw new Error(`${what}: byte ${at} is ${found[at]}, not ${expected[at]}`);
}

/**
 * @param {import("./harness.mjs").Test} test
 * @param {typeof import("./harness.mjs").assert} assert
 * @param {string} kind
 * @param {(name: string, before?: any) => Journal} open the journal of that name; `before` is an
 *   object that had it, for a kind that keeps nothing outside of it
 * @param {{ notices?: boolean }} [options] whether an object notices what another one has written
 */
export function journalSuite(test, assert, kind, open, { notices = false } = {}) {
  const SIZES = [
    1, 0, 2, 63, 64, 65, 4_095, 4_096, 32_768, 32_769, 65_535, 65_536, 65_537, 131_072,
  ];

  test(`${kind}: is empty at first`, async () => {
    const journal = open("empty");
    same(await contents(journal), new Uint8Array(0));
    await journal.truncate(0);
    same(await contents(journal), new Uint8Array(0));
  });

  test(`${kind}: returns the appended bytes, even after it was reopened`, async () => {
    const journal = open("sizes");
    const parts = SIZES.map((size, seed) => sample(size, seed));
    for (const [at, part] of parts.entries()) {
      await journal.append(part);
      if (at % 5 === 0) same(await contents(journal), joined(parts.slice(0, at + 1)), `${at}`);
    }
    same(await contents(journal), joined(parts));
    const again = open("sizes", journal);
    same(await contents(again), joined(parts), "reopened");
    await again.append(sample(10, 99));
    const all = joined([...parts, sample(10, 99)]);
    same(await contents(again), all, "appended to");
    same(await contents(open("sizes", again)), all, "reopened twice");
  });

  test(`${kind}: 5 MB in one append, then a few bytes`, async () => {
    const journal = open("big");
    const parts = [sample(3, 1), sample(5_000_000, 2), sample(3, 3)];
    for (const part of parts) await journal.append(part);
    same(await contents(journal), joined(parts));
    await journal.truncate(2_500_001);
    same(await contents(open("big", journal)), joined(parts).subarray(0, 2_500_001));
    await journal.truncate(0);
    same(await contents(journal), new Uint8Array(0));
  });

  test(`${kind}: 2,000 small appends`, async () => {
    const journal = open("small");
    const parts = Array.from({ length: 2_000 }, (_, seed) => sample(1 + (seed % 97), seed));
    for (const part of parts) await journal.append(part);
    same(await contents(open("small", journal)), joined(parts));
    await journal.truncate(1);
    same(await contents(open("small", journal)), joined(parts).subarray(0, 1));
  });

  test(`${kind}: can be truncated anywhere, and appended to`, async () => {
    const parts = [sample(100, 1), sample(70_000, 2), sample(1, 3), sample(200, 4)];
    const all = joined(parts);
    const total = all.length;
    const lengths = [
      total + 1,
      2 ** 40,
      total,
      total - 1,
      total - 200,
      total - 201,
      70_100,
      70_099,
    ];
    lengths.push(65_636, 65_635, 32_868, 32_867, 101, 100, 99, 1, 0);
    const journal = open("cut");
    for (const length of lengths) {
      for (const part of parts) await journal.append(part);
      await journal.truncate(length);
      const left = all.subarray(0, length);
      same(await contents(journal), left, `cut to ${length}`);
      const before = open("cut", journal);
      same(await contents(before), left, `cut to ${length}, reopened`);
      // A journal object that has not read it.
      const again = open("cut", before);
      await again.append(sample(50, 9));
      same(await contents(again), joined([left, sample(50, 9)]), `${length}, appended to`);
      same(
        await contents(journal),
        notices || kind.startsWith("durable") ? joined([left, sample(50, 9)]) : left,
      );
      await journal.truncate(0);
    }
  });

  test(`${kind}: journals in the same storage are separate`, async () => {
    const names = ["a", "a:0", "a:0:0", "a%3A0", "A", "ä", "0", "a 0"];
    const journals = names.map((name) => open(name));
    for (let round = 0; round < 3; round += 1) {
      for (const [at, journal] of journals.entries())
        await journal.append(sample(20 + at, at + round));
    }
    const expected = (/** @type {number} */ at) =>
      joined([0, 1, 2].map((round) => sample(20 + at, at + round)));
    for (const [at, journal] of journals.entries()) same(await contents(journal), expected(at));
    await journals[0]?.truncate(0);
    for (const [at, journal] of journals.entries()) {
      same(await contents(journal), at === 0 ? new Uint8Array(0) : expected(at), names[at]);
    }
    const keys = journals.map(({ key }) => key).filter((key) => key !== undefined);
    assert.equal(new Set(keys).size, keys.length);
    const [first] = journals;
    assert.equal(open("a", first).key, first?.key, "the same place has the same key");
  });

  test(`${kind}: the caller may reuse its buffer`, async () => {
    const journal = open("buffer");
    const buffer = new Uint8Array(80_000);
    const part = buffer.subarray(5, 70_005);
    part.set(sample(70_000, 1));
    const appended = journal.append(part);
    buffer.fill(255);
    await appended;
    buffer.fill(254);
    same(await contents(journal), sample(70_000, 1));
    for await (const piece of journal.read()) piece.fill(0);
    same(await contents(journal), sample(70_000, 1), "what was read is the reader's");
  });

  test(`${kind}: concurrent calls are run in order`, async () => {
    const journal = open("turn");
    const parts = [sample(70_000, 1), sample(5, 2), sample(9, 3)];
    await Promise.all(parts.map((part) => journal.append(part)));
    same(await contents(journal), joined(parts));
  });

  test(`${kind}: a reader may stop early`, async () => {
    const journal = open("early");
    await journal.append(sample(300_000, 1));
    for await (const piece of journal.read()) {
      assert.ok(piece.length > 0);
      break;
    }
    await journal.append(sample(1, 2));
    same(await contents(journal), joined([sample(300_000, 1), sample(1, 2)]));
  });

  test(`${kind}: refuses values that are not bytes or a length`, async () => {
    const journal = /** @type {any} */ (open("wrong"));
    const members = { name: "ValidationError", code: "invalid_options", queued: "no" };
    for (const wrong of [undefined, null, "text", [1], new ArrayBuffer(1), new Uint16Array(1), 7]) {
      await assert.rejects(journal.append(wrong), members);
    }
    for (const wrong of [undefined, null, "1", -1, 0.5, NaN, Infinity, 1n]) {
      await assert.rejects(journal.truncate(wrong), members);
    }
    same(await contents(journal), new Uint8Array(0));
  });

  test(`${kind}: can be locked once at a time`, async () => {
    const journal = open("held");
    const lock = () => /** @type {NonNullable<Journal["lock"]>} */ (journal.lock)();
    const release = await lock();
    if (!release) throw new Error("The first lock was refused");
    await journal.append(sample(10, 1));
    assert.equal(await lock(), undefined);
    const other = open("held", journal);
    if (kind !== "memory") assert.equal(await other.lock?.(), undefined, "another object");
    const elsewhere = await open("held elsewhere").lock?.();
    assert.ok(elsewhere, "another journal is not locked");
    await elsewhere?.();
    await release();
    const second = await (kind === "memory" ? journal : other).lock?.();
    assert.ok(second, "it was given back");
    await release();
    assert.equal(await lock(), undefined, "given back twice, it is still its next holder's");
    await second?.();
    same(await contents(journal), sample(10, 1));
    await journal.append(sample(10, 2));
    same(await contents(journal), joined([sample(10, 1), sample(10, 2)]));
  });

  if (!notices) return;
  test(`${kind}: detects a write by another process`, async () => {
    const [one, other] = [open("both"), open("both")];
    await one.append(sample(10, 1));
    await other.append(sample(10, 2));
    for (const call of [one.append(sample(10, 3)), one.truncate(0)]) {
      const error = await assert.rejects(call, { name: "Error" });
      assert.ok(String(error.message).includes("changed the journal"), error.message);
    }
    same(await contents(one), joined([sample(10, 1), sample(10, 2)]));
    await one.append(sample(10, 3));
    same(await contents(other), joined([sample(10, 1), sample(10, 2), sample(10, 3)]));
  });
}
