/** Values that no caller should pass, and what must hold for any of them. */
import assert from "node:assert/strict";
import { afterEach } from "node:test";
import { inspect } from "node:util";

import fc from "fast-check";

import { sandboxModule, uberVouchers } from "./installed.mjs";

/** How many random cases: `RUNS=20000` for a long search. */
export const RUNS = Number(process.env["RUNS"] ?? 300);
/** The same seed gives the same cases; fast-check prints it with a failure. */
export const SEED = Number(process.env["SEED"] ?? 1);
const PATIENCE_MS = 10_000;

export const SECRET = "a-very-secret-thing";
export const TOKEN = "a-token-that-nobody-may-see";
export const CODE = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631";
export const SIGNING_KEY = "a-signing-key-that-nobody-may-see";
export const app = { clientId: "app", clientSecret: SECRET };

const { VoucherError, createClient } = uberVouchers;

const boom = () => {
  throw new Error("hostile");
};

/** Throws on any operation. @param {object} target */
function explosive(target) {
  const names = Object.getOwnPropertyNames(Reflect);
  return new Proxy(target, Object.fromEntries(names.map((name) => [name, boom])));
}

/** @param {object} target */
function revoked(target) {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** Returns another value each time. @param {unknown[]} values */
function liar(...values) {
  let at = 0;
  return () => values[Math.min(at++, values.length - 1)];
}

/** @param {string[]} names @param {() => unknown} get */
function withGetters(names, get) {
  return Object.defineProperties(
    {},
    Object.fromEntries(names.map((name) => [name, { get, enumerable: true }])),
  );
}

function detached() {
  const bytes = new Uint8Array(64);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

function cyclic() {
  /** @type {any} */
  const value = { list: [] };
  // Twice, so that following it without a count never ends.
  Object.assign(value, { self: value, other: value });
  value.list.push(value, value);
  return value;
}

function outOfBounds() {
  const buffer = new /** @type {any} */ (ArrayBuffer)(64, { maxByteLength: 128 });
  const bytes = new Uint8Array(buffer, 32, 32);
  buffer.resize?.(8);
  return bytes;
}

const names = ["aborted", "addEventListener", "append", "body", "code", "fetch", "get", "href"];
const members = [
  ...names,
  "journal",
  "key",
  "now",
  "outcomes",
  "signal",
  "sleep",
  "then",
  "tokens",
];

/** Each is created again for every use: some can be used only once. @type {[string, () => unknown][]} */
export const STRANGE = [
  ...[undefined, null, true, false, 0, -0, -1, 0.5, 1e300, NaN, Infinity, 5e-324, 2 ** 53].map(
    (value) =>
      /** @type {[string, () => unknown]} */ ([
        Object.is(value, -0) ? "-0" : `${value}`,
        () => value,
      ]),
  ),
  ["a bigint", () => 10n],
  ["a symbol", () => Symbol("hostile")],
  ["an empty string", () => ""],
  ["a lone surrogate", () => "\ud800"],
  ["a NUL", () => "a\0b"],
  ["a line break", () => "a\r\nb: c"],
  ["another script", () => "日本語 🚗"],
  ["a long string", () => "x".repeat(100_000)],
  ["a String object", () => new String("x")],
  ["a Number object", () => new Number(1)],
  ["an object", () => ({})],
  ["an object without prototype", () => Object.create(null)],
  ["a deep object", () => JSON.parse('{"a":'.repeat(5000) + "1" + "}".repeat(5000))],
  ["a cyclic object", cyclic],
  ["a list of nothing", () => []],
  ["a sparse list", () => Object.assign([], { 9999: "x" })],
  ["a large list", () => Array.from({ length: 20_000 }, (_, at) => at)],
  ["a list of everything", () => [null, undefined, Symbol("s"), 1n, {}, [], boom, NaN]],
  ["a list with a getter that throws", () => Object.defineProperty([1, 2], 0, { get: boom })],
  ["a list whose iterator throws", () => Object.assign([1], { [Symbol.iterator]: boom })],
  ["a function", () => () => {}],
  ["a function that throws", () => boom],
  ["a class", () => class Strange extends Object {}],
  ["a date", () => new Date(NaN)],
  ["an expression", () => /x/g],
  ["a Map", () => new Map([["a", 1]])],
  ["a Set", () => new Set([1])],
  ["an error", () => new Error("hostile")],
  ["a promise", () => Promise.resolve({})],
  ["a thenable", () => ({ then: (/** @type {any} */ done) => (done(1), done(2)) })],
  ["a thenable that throws", () => ({ then: boom })],
  ["members that throw", () => withGetters(members, boom)],
  [
    "members that lie",
    () =>
      withGetters(
        members,
        liar("x", 1, {}, null, () => {}, undefined),
      ),
  ],
  ["methods that throw", () => Object.fromEntries(members.map((name) => [name, boom]))],
  ["a proxy that throws", () => explosive({})],
  ["a proxy of a function that throws", () => explosive(() => {})],
  ["a proxy of a list that throws", () => explosive([])],
  ["a revoked proxy", () => revoked({})],
  ["a revoked proxy of a list", () => revoked([])],
  ["a revoked proxy of a function", () => revoked(() => {})],
  ["bytes", () => new Uint8Array([1, 2, 3])],
  ["other numbers", () => new Float64Array([NaN, 1])],
  ["detached bytes", detached],
  ["a detached buffer", () => detached().buffer],
  ["a view of a detached buffer", () => explosiveView()],
  ["bytes out of bounds", outOfBounds],
  ["shared bytes", () => new Uint8Array(new SharedArrayBuffer(16))],
  ["a shared buffer", () => new SharedArrayBuffer(16)],
  ["an empty Blob", () => new Blob([])],
  [
    "a locked stream",
    () => {
      const stream = new ReadableStream();
      stream.getReader();
      return stream;
    },
  ],
  ["a stream that failed", () => new ReadableStream({ start: (to) => to.error(Symbol("torn")) })],
  [
    "a stream of garbage",
    () => new ReadableStream({ start: (to) => (to.enqueue({}), to.close()) }),
  ],
  ["a reader that gives nothing", () => ({ getReader: () => ({ read: async () => undefined }) })],
  ["no reader", () => ({ getReader: () => null })],
  ["a file of nothing", () => ({ size: -1, stream: () => 42 })],
  ["an async iterable that throws", () => ({ [Symbol.asyncIterator]: boom })],
  ["an async iterable of nothing", () => ({ [Symbol.asyncIterator]: () => undefined })],
  [
    "an async iterable of garbage",
    async function* () {
      yield* [1, {}, null];
    },
  ],
  ["an iterable that throws", () => ({ [Symbol.iterator]: boom })],
  ["an iterator of nothing", () => ({ [Symbol.iterator]: () => ({ next: () => undefined }) })],
  ["a signal of nothing", () => ({ aborted: false, addEventListener() {} })],
  [
    "a signal that throws",
    () => ({
      aborted: false,
      addEventListener: boom,
      removeEventListener: boom,
    }),
  ],
  ["a signal that lies", lyingSignal],
  ["a prototype of a signal", () => Object.create(AbortSignal.prototype)],
  ["an aborted signal", () => AbortSignal.abort(Symbol("why"))],
  ["a list of another copy", () => ({ [Symbol.for("uber-vouchers.ids")]: new Uint8Array(7) })],
  [
    "a list that lies",
    () => ({
      [Symbol.for("uber-vouchers.ids")]: new Uint8Array(16).fill(7),
      duplicates: withGetters(["x"], boom),
      rejectedCount: Symbol("many"),
      rejected: [null],
    }),
  ],
];

function lyingSignal() {
  let looks = 0;
  const signal = { addEventListener() {}, removeEventListener: 7 };
  return Object.defineProperties(signal, {
    aborted: { get: () => ++looks > 2 },
    reason: { get: boom },
  });
}

function explosiveView() {
  const { buffer } = detached();
  return Object.defineProperty(new Uint8Array(1), "buffer", { value: buffer });
}

/** Any structure with unusual values as its leaves. @returns {fc.Arbitrary<{ make: () => unknown, toString(): string }>} */
export function anyValue() {
  const strange = fc
    .constantFrom(...STRANGE)
    .map(([name, make]) => ({ make, toString: () => name }));
  const plain = fc
    .anything({
      maxDepth: 3,
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
      withObjectString: true,
      withSparseArray: true,
      withTypedArray: true,
      withBoxedValues: true,
      withUnicodeString: true,
    })
    .map((value) => ({ make: () => value, toString: () => inspect(value, { depth: 4 }) }));
  const keys = fc.constantFrom(...members, "0", "length", "status", "reason", "programId");
  const { value } = fc.letrec((/** @type {any} */ tie) => ({
    value: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      strange,
      plain,
      fc.array(tie("value"), { maxLength: 4 }).map((list) => ({
        make: () => list.map((/** @type {any} */ item) => item.make()),
        toString: () => `[${list.join(", ")}]`,
      })),
      fc.dictionary(keys, tie("value"), { maxKeys: 4 }).map((object) => ({
        make: () =>
          Object.fromEntries(
            Object.entries(object).map(([name, item]) => [name, /** @type {any} */ (item).make()]),
          ),
        toString: () =>
          `{ ${Object.entries(object)
            .map(([name, item]) => `${name}: ${item}`)
            .join(", ")} }`,
      })),
    ),
  }));
  return /** @type {any} */ (value);
}

/** Errors that were not handled. @type {unknown[]} */
const strays = [];
process.on("unhandledRejection", (error) => strays.push(error));
process.on("uncaughtException", (error) => strays.push(error));

/** Waits for the effects of everything under way. */
export async function quiet() {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Asserts that no unhandled error was thrown. @param {string} what */
export async function noStrays(what) {
  await quiet();
  assert.deepEqual(strays.splice(0).map(String), [], what);
}

afterEach(() => noStrays("after the test"));

/** @param {unknown} work @param {string} what @returns {Promise<any>} */
export async function settled(work, what) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not settle`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const CLASSES = ["ValidationError", "ApiError", "ConnectionError", "WebhookError", "JobError"];

/** The text that a console shows, if the error's cause allows that. @param {unknown} value */
export function shown(value) {
  try {
    return inspect(value, { depth: 9 });
  } catch {
    return "It can't be shown";
  }
}

/** Asserts that it is an error of the package, is complete and contains no secret. @param {any} error @param {string} what */
export function checkError(error, what) {
  assert.ok(error instanceof Error && error instanceof VoucherError, `${what}: ${shown(error)}`);
  const { name, code, hint, queued, message } = error;
  assert.ok(CLASSES.includes(name), `${what}: ${name}`);
  assert.match(code, /^[a-z_]+$/, what);
  assert.notEqual(code, "instance_lost", `${what}: ${shown(error)}`);
  assert.ok(queued === "no" || queued === "unknown", `${what}: ${queued}`);
  assert.ok(hint.length > 10 && message.length > 10 && message.length < 1_000, what);
  for (const text of [message, hint, JSON.stringify(error), shown(error)]) {
    for (const secret of [SECRET, TOKEN, SIGNING_KEY, CODE]) {
      assert.ok(!text.includes(secret), `${what} tells ${secret}: ${text}`);
    }
  }
}

/**
 * Runs a call that must return a promise, which must settle with a value or an error of the
 * package.
 * @param {() => any} call
 * @param {string} what
 * @returns {Promise<{ value?: any, error?: any }>}
 */
export async function outcomeOf(call, what) {
  const promise = call();
  assert.ok(promise instanceof Promise, `${what} gave no promise`);
  try {
    return { value: await settled(promise, what) };
  } catch (error) {
    checkError(error, what);
    return { error };
  }
}

/** A sandbox and a client for it. @param {Record<string, unknown>} [more] */
export async function bench(more = {}) {
  const sandbox = await sandboxModule.createSandbox({ seed: 7, organizationId: "org", ...app });
  const { programId, codes } = sandbox.createProgram({ codes: 6 });
  const { fetch, clock } = sandbox;
  // Short, because the sandbox's clock gives the host some time before a long jump.
  const options = { organizationId: "org", auth: app, fetch, clock, timeoutMs: 5_000 };
  const client = createClient(/** @type {any} */ ({ ...options, ...more }));
  /** Asserts that the client still works. @param {string} what */
  const works = async (what) => {
    const receipt = await settled(client.distribute(programId, codes), what);
    assert.deepEqual([receipt.codes, receipt.status], [codes.length, 200], what);
  };
  return { sandbox, programId, codes, client, options, works };
}
