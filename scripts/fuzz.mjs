/**
 * `npm run fuzz`: runs the fuzzing targets (see fuzz/README.md).
 *
 *     npm run fuzz -- [target …] [--seconds 30]
 *     npm run fuzz -- --seeds        creates fuzz/seeds again from tests/vectors
 *
 * A run keeps its inputs in fuzz/corpus, and failing ones in fuzz/artifacts;
 * `npm run fuzz -- codes fuzz/artifacts/codes/crash-…` repeats one input.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { Missing, ROOT, TARGET, main, run } from "./setup.mjs";

const FUZZ = join(ROOT, "fuzz");
const SEEDS = join(FUZZ, "seeds");
const TARGETS = readdirSync(join(FUZZ, "targets")).map((file) => file.replace(".rs", ""));

/** A nightly toolchain and cargo-fuzz, which needs it. */
function setUpFuzzing() {
  const works = (/** @type {string[]} */ ...args) =>
    spawnSync("cargo", args, { cwd: FUZZ, stdio: "ignore" }).status === 0;
  if (!works("+nightly", "--version")) {
    try {
      run("rustup", ["toolchain", "install", "nightly", "--profile", "minimal"]);
    } catch (cause) {
      const message = "A nightly toolchain is needed: rustup toolchain install nightly";
      throw new Missing(message, { cause });
    }
  }
  if (!works("fuzz", "--version")) {
    console.log("Installing cargo-fuzz, which takes a minute or two");
    try {
      run("cargo", ["install", "cargo-fuzz", "--locked"]);
    } catch (cause) {
      throw new Missing("cargo-fuzz is needed: cargo install cargo-fuzz", { cause });
    }
  }
}

/**
 * @param {string} target
 * @param {string} seconds
 * @param {string[]} inputs to repeat, instead of a run
 */
function fuzz(target, seconds, inputs) {
  console.log(`\n── ${target}`);
  const corpus = join(FUZZ, "corpus", target);
  mkdirSync(corpus, { recursive: true });
  const folders = [corpus, join(SEEDS, target)].filter((folder) => existsSync(folder));
  const options = [
    `-max_total_time=${seconds}`,
    "-print_final_stats=1",
    "-max_len=8192",
    "-timeout=20",
    "-rss_limit_mb=4096",
    ...(process.stdout.isTTY ? [] : ["-verbosity=1"]),
  ];
  const args = [
    "+nightly",
    "fuzz",
    "run",
    "-s",
    "none",
    target,
    ...(inputs.length > 0 ? inputs : folders),
  ];
  const env = { CARGO_TARGET_DIR: join(TARGET, "fuzz") };
  run("cargo", [...args, "--", ...(inputs.length > 0 ? [] : options)], { cwd: FUZZ, env });
}

/** The seeds: the tests' vectors, in the form that each target takes. */
function makeSeeds() {
  rmSync(SEEDS, { recursive: true, force: true });
  const vectors = (/** @type {string} */ name) =>
    JSON.parse(readFileSync(join(ROOT, "tests", "vectors", `${name}.json`), "utf8"));
  /** @type {Record<string, number>} */
  const numbers = {};
  const seed = (
    /** @type {string} */ target,
    /** @type {(string | Uint8Array | number[])[]} */ parts,
  ) => {
    const folder = join(SEEDS, target);
    mkdirSync(folder, { recursive: true });
    const number = (numbers[target] = (numbers[target] ?? 0) + 1);
    const bytes = Buffer.concat(parts.map((part) => Buffer.from(/** @type {string} */ (part))));
    if (bytes.length <= 2_000) writeFileSync(join(folder, String(number).padStart(3, "0")), bytes);
  };

  const column = (/** @type {unknown} */ wanted) =>
    wanted === undefined ? 0 : typeof wanted === "number" ? 1 : wanted === "my-code" ? 3 : 2;
  const { lists, programs } = vectors("codes");
  for (const { input, options } of [...lists, ...programs]) {
    const byProgram = programs.some((/** @type {any} */ one) => one.input === input);
    let bits = column(options.column) | (column(options.programColumn) << 2);
    if (byProgram) bits |= 0x10;
    if (options.headerRow !== undefined) bits |= 0x40;
    let file = Buffer.from(input.text ?? "");
    if (input.base64 !== undefined) file = Buffer.from(input.base64, "base64");
    if (input.entries !== undefined) {
      bits = 0x20;
      file = Buffer.from(input.entries.map(String).join("\n"));
    }
    seed("codes", [[bits, 7, 1, 60, 3], file]);
  }

  const { signatures, events } = vectors("webhooks");
  for (const { keys, signature, body, hex } of signatures) {
    const [key, digits] = [Buffer.from(keys[0] ?? ""), Buffer.from(signature ?? "")];
    const bytes = body === undefined ? Buffer.from(hex, "hex") : Buffer.from(body);
    seed("webhook", [[key.length, digits.length, 9], key, digits, bytes]);
  }
  for (const { body } of events) seed("webhook", [[3, 0, 20], "key", JSON.stringify(body)]);

  const date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\n";
  const until = "Retry-After: Sun, 06 Nov 1994 08:49:40 GMT\n";
  const id = "1f913a96-0000-4000-8000-000000000001";
  for (const [status, fields, body] of /** @type {[number, string, string][]} */ ([
    [200, "Content-Type: application/json\n", "{}"],
    [200, "Content-Type: text/html; charset=utf-8\n", "<html>"],
    [200, "", `{"total_number_of_codes":1,"codes":[{"code_id":"${id}","usage_count":"2"}]}`],
    [200, "", `{"meta":{},"voucher_programs":[{"voucher_program_id":"p","status":"Active"}]}`],
    [200, "", `{"access_token":"a.b-c","expires_in":2592000,"scope":"x","refresh_token":"r"}`],
    [400, "X-Uber-Trace: 1\n", `{"code":"bad_request","message":"Program is not found"}`],
    [401, "", `{"code":"unauthorized"}`],
    [403, "", `{"error":"invalid_scope","error_description":"scope(s) are invalid"}`],
    [409, "Retry-After: 7\n", `{"meta":{},"errors":[{"status":409,"code":"some_code"}]}`],
    [429, `${until}${date}`, ""],
    [429, until, ""],
    [429, "Retry-After: 99999999999999999999\n", ""],
    [503, "Retry-After: 1.5\n", "é".repeat(700)],
    [302, "Location: /\n", ""],
  ])) {
    seed("answer", [[status & 255, status >> 8, 0, 0x80, 0xbd, 0x2e, 128], fields, "\n", body]);
  }

  // The bytes of events, as `fuzz/src/world.rs` reads them.
  const [poll, saved, saveFailed, start, pause] = [[0], [8], [12], [25], [26]];
  const result = (/** @type {number} */ status, wait = 0) => [17, 0, status, wait];
  const [ok, bad, unauthorized, gone, busy, broken] = [0, 2, 3, 6, 10, 12];
  const lost = [20, 0];
  const report = [21, 3, 0, 0, 1, 1, 2, 2, 3, 6];
  const resolve = (/** @type {number} */ decision) => [23, 15, decision];
  const [crash, torn, restored, tick] = [
    [29, 255],
    [29, 99],
    [30, 2],
    [28, 255, 9],
  ];
  const created = [poll, saved, poll, saved, start];
  const send = [poll, saved, poll, [13, 0], poll];
  for (const story of [
    [send, result(ok), send, result(ok), report, poll, poll],
    [send, result(bad), send, result(busy), tick, send, result(ok)],
    [send, result(unauthorized), send, result(ok), send, result(unauthorized), poll, poll],
    [send, lost, poll, saved, report, resolve(0), poll, saved, start, send, result(ok)],
    [send, result(broken), resolve(1), resolve(2), poll, saved, crash, poll, saved],
    [send, report, crash, poll, saved, resolve(0), start, send, lost, send, result(gone)],
    [send, result(ok), poll, torn, poll, saved, start, send, result(ok), restored, poll, saved],
    [send, result(ok), poll, saveFailed, poll, poll, crash, poll, saved, start, send],
    [poll, saved, pause, poll, poll, saved, start, send, pause, result(ok), poll, saved, poll],
    [poll, saved, poll, [16, 0, 1], tick, poll, saved, poll, [16, 0, 0], poll, poll, poll],
  ]) {
    const bytes = [...created, ...story.flat(2)].flat();
    for (const settings of [
      [5, 1, 0, 0, 1, 2],
      [11, 2, 2, 1, 0, 1],
    ]) {
      seed("job", [settings, bytes]);
      seed("journal", [[2, 7, 40], settings, bytes]);
    }
  }
  const { appends } = vectors("journal");
  seed("journal", [[0, 9, 1], Buffer.from(appends.join(""), "hex")]);
}

await main(() => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seconds: { type: "string", default: "30" }, seeds: { type: "boolean" } },
  });
  if (values.seeds) return makeSeeds();
  const targets = positionals.filter((name) => TARGETS.includes(name));
  const inputs = positionals.filter((name) => !TARGETS.includes(name)).map((name) => resolve(name));
  const missing = inputs.find((input) => !existsSync(input));
  if (missing !== undefined) {
    throw new Missing(`${missing} is neither an input nor one of ${TARGETS.join(", ")}.`);
  }
  setUpFuzzing();
  for (const target of targets.length > 0 ? targets : TARGETS) fuzz(target, values.seconds, inputs);
});
