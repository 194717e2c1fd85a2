/** Journals in Node.js: in memory and in files. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { symlinkSync, unlinkSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

import { createClient } from "uber-vouchers";
import * as journals from "uber-vouchers/journal";

import { assert } from "./harness.mjs";
import { contents, wholeRecords } from "./journal-records.mjs";
import { journalSuite } from "./journal-suite.mjs";

const { fileJournal, memoryJournal } = journals;
const CHILD = fileURLToPath(new URL("journal-child.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "uber-vouchers-journal-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

let places = 0;
const place = () => join(folder, `place-${(places += 1)}`);
const run = promisify(execFile);
/** @type {import("./harness.mjs").Test} */
const define = (name, work) => void test(name, async () => void (await work()));

journalSuite(define, assert, "memory", (_, before) => memoryJournal(before?.bytes()));
journalSuite(
  define,
  assert,
  "file",
  (name) => fileJournal(join(folder, encodeURIComponent(name).replaceAll("%", "="))),
  { notices: true },
);

test("memory: bytes() is a copy, and the initial bytes are copied", async () => {
  const given = new Uint8Array([1, 2, 3]);
  const journal = memoryJournal(given);
  given.fill(9);
  journal.bytes().fill(8);
  await journal.append(Buffer.from([4]));
  assert.equal([...journal.bytes()], [1, 2, 3, 4]);
});

test("memory: a job's long records are kept without a copy, and read and truncated like others", async () => {
  const codes = Array.from({ length: 20_000 }, () => crypto.randomUUID());
  const fetch = async () => new Response("{}");
  const client = createClient({ organizationId: "o", auth: "none", fetch });
  /** @type {Uint8Array[]} */
  const records = [];
  const journal = memoryJournal();
  const { append } = journal;
  journal.append = (record) => {
    records.push(record);
    return append(record);
  };
  const job = await client.createJob("p", codes, { journal });
  await job.run();
  await job.close();
  const all = Buffer.concat(records);
  assert.ok(records.some(({ length }) => length > 200_000) && records.length > 10, "other records");
  assert.ok(all.equals(journal.bytes()), "as they were appended");
  const added = Buffer.from([1, 2]);
  // Within the long record, and after it.
  for (const length of [all.length - 1, 300_000, 200_000, 3]) {
    await journal.truncate(length);
    await append(added);
    const read = [];
    for await (const part of journal.read()) read.push(part);
    const expected = Buffer.concat([all.subarray(0, length), added]);
    assert.ok(Buffer.concat(read).equals(expected), `truncated to ${length}`);
    assert.ok(expected.equals(journal.bytes()), `truncated to ${length}`);
    await journal.truncate(length);
  }
});

test("a journal that can't be opened is refused at once", () => {
  const members = { name: "ValidationError", code: "invalid_options" };
  const any = /** @type {any} */ (journals);
  for (const make of [
    () => any.memoryJournal("text"),
    () => any.memoryJournal(null),
    ...[undefined, null, "", 7, {}, "a\0b", new URL("https://a/"), { href: "x" }].map(
      (path) => () => any.fileJournal(path),
    ),
    ...["", 7, undefined, "x".repeat(201), "\ud800"].map(
      (name) => () =>
        any.durableObjectJournal({ put() {}, list() {}, delete() {}, sync() {} }, name),
    ),
    ...[undefined, null, {}, { put() {}, list() {} }].map(
      (storage) => () => any.durableObjectJournal(storage, "name"),
    ),
    // Not available in Node.js.
    () => any.indexedDbJournal("name"),
  ]) {
    /** @type {any} */
    let error;
    try {
      make();
    } catch (thrown) {
      error = thrown;
    }
    for (const [name, value] of Object.entries(members))
      assert.equal(error?.[name], value, `${make}`);
  }
});

test("file: created for its owner only, by path or URL, and only when needed", async () => {
  const path = join(folder, "ö %41 file");
  const journal = fileJournal(pathToFileURL(path));
  assert.equal((await contents(journal)).length, 0);
  assert.ok(!readdirSync(folder).includes("ö %41 file"), "Reading makes no file");
  await journal.append(new Uint8Array([1, 2]));
  assert.equal([...readFileSync(path)], [1, 2]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal([...(await contents(fileJournal(relative(process.cwd(), path))))], [1, 2]);
});

test("file: a path that is not a file, or can't be created, is refused", async () => {
  mkdirSync(join(folder, "directory"));
  const bytes = new Uint8Array(1);
  await assert.rejects(fileJournal(join(folder, "directory")).append(bytes), { code: "EISDIR" });
  await assert.rejects(fileJournal(join(folder, "nowhere", "x")).append(bytes), { code: "ENOENT" });
  await assert.rejects(fileJournal("/dev/null").append(bytes), {
    message: "A journal must be a regular file",
  });
});

test("file: a link is the same journal", async () => {
  const [path, link] = [place(), place()];
  const journal = fileJournal(path);
  const key = journal.key;
  await journal.append(new Uint8Array(1));
  symlinkSync(path, link);
  assert.equal(fileJournal(link).key, key);
  assert.equal(journal.key, key);
  const release = await journal.lock?.();
  assert.equal(await fileJournal(link).lock?.(), undefined);
  await release?.();
});

test("file: a file that is deleted while locked accepts no append", async () => {
  const path = place();
  const journal = fileJournal(path);
  const release = await journal.lock?.();
  await journal.append(new Uint8Array(1));
  unlinkSync(path);
  const error = await assert.rejects(journal.append(new Uint8Array(1)), { name: "Error" });
  assert.ok(error.message.includes("was deleted"), error.message);
  await release?.();
});

test("file: the handle is closed with the lock", async () => {
  const open = () => readdirSync("/proc/self/fd").length;
  if (process.platform !== "linux") return;
  const before = open();
  const journal = fileJournal(place());
  const release = await journal.lock?.();
  await journal.append(new Uint8Array(100_000));
  for await (const piece of journal.read()) if (piece) break;
  assert.ok(open() > before, "It is held");
  await release?.();
  assert.equal(open(), before);
});

/** Starts the child and reads its lines. @param {string[]} args */
function child(...args) {
  const process_ = spawn(process.execPath, [CHILD, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: process_.stdout });
  return { process: process_, lines, closed: once(process_, "close") };
}

test("file: acknowledged appends survive a killed process, and its lock does not", async () => {
  const path = place();
  let next = 0;
  for (const rounds of [1, 30, 200, 77, 400]) {
    const first = next;
    const { process: writer, lines, closed } = child("append", path);
    let isLocked = false;
    for await (const line of lines) {
      if (line === "locked") {
        isLocked = true;
        // While it is alive, no other process gets the lock.
        assert.equal(await fileJournal(path).lock?.(), undefined);
      } else {
        assert.equal(line, String(next));
        next += 1;
        if (next - first === rounds) writer.kill("SIGKILL");
      }
    }
    assert.ok(isLocked, "The lock of the one before is still there");
    assert.equal((await closed)[1], "SIGKILL");
    const release = await fileJournal(path).lock?.();
    assert.ok(release, "The lock is not free after the kill");
    await release?.();
    const { count } = wholeRecords(readFileSync(path));
    assert.ok(count >= next, `${next} were reported, ${count} are there`);
    next = count;
  }
});

test("file: a lock does not keep the process alive, and ends with it", async () => {
  const path = place();
  const release = await fileJournal(path).lock?.();
  assert.equal((await run(process.execPath, [CHILD, "end", path])).stdout, "busy\n");
  await release?.();
  for (let round = 0; round < 2; round += 1) {
    assert.equal((await run(process.execPath, [CHILD, "end", path])).stdout, "locked\n");
  }
});

test("file: the workers of a cluster don't share a lock", async () => {
  const { stdout } = await run(process.execPath, [CHILD, "cluster", place()]);
  assert.equal(stdout, "locked\nbusy\n");
});

test("file: a write to a full disk fails and leaves nothing behind", async () => {
  if (process.platform === "win32") return;
  const path = place();
  const limit = 'trap "" XFSZ; ulimit -f 8; exec "$@"';
  const { stdout } = await run("bash", ["-c", limit, "-", process.execPath, CHILD, "full", path]);
  assert.equal(stdout.trim().split("\n"), ['[2,"EFBIG"]', "6000", "7000"]);
});

const traces = spawnSync("strace", ["-o", "/dev/null", "true"]).status === 0;
test(
  "file: a record is on the disk before its request is sent",
  { skip: traces ? false : "strace is not here, or may not trace" },
  async () => {
    const server = createServer((socket) => socket.resume()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    const trace = place();
    const calls = "trace=openat,pwrite64,fdatasync,fsync,write,writev,sendto,sendmsg";
    const args = ["-f", "-e", calls, "-e", "signal=none", "-o", trace, process.execPath];
    await run("strace", [...args, CHILD, "network", place(), String(port)]);
    server.close();
    const lines = readFileSync(trace, "utf8").split("\n");
    const find = (/** @type {number} */ from, /** @type {RegExp} */ what) => {
      const at = lines.findIndex((line, at) => at >= from && what.test(line));
      assert.ok(at !== -1, `No ${what} from line ${from}`);
      return at;
    };
    // If another thread's call interrupts a call, its end has its own line.
    const ended = (/** @type {string} */ call) => new RegExp(`${call}( resumed>|\\().* = 0$`);
    let at = find(0, ended("fsync"));
    assert.ok(at < find(0, /pwrite64\(\d+, "<record 0>/), "The directory comes first");
    for (let number = 0; number < 3; number += 1) {
      const written = find(at, new RegExp(`pwrite64\\(\\d+, "<record ${number}>`));
      const flushed = find(written, ended("fdatasync"));
      at = find(0, new RegExp(`(write|writev|sendto|sendmsg)\\(.*<sent ${number}>`));
      assert.ok(written < flushed && flushed < at, `${number}: ${[written, flushed, at]}`);
    }
  },
);
