/**
 * The schema of options objects: which members they may have, and of which types. Each
 * member is read once, so that a getter can't return two different values.
 */
import { invalidOption, toVoucherError, tryOrUndefined } from "./errors.js";
import { membersOf } from "./members.js";
import type { CallSignal } from "./types.js";

export { membersOf };

/** What is wrong with a value, as the end of a sentence that begins with the option's name. */
class Fault {
  constructor(readonly text: string) {}
}

/** Returns the value to use from then on, or throws what is wrong with it. */
export type Reader<T> = (value: unknown) => T;

/** The members that an options object may have. */
export type Schema = Readonly<Record<string, Reader<unknown>>>;

/** The options that a schema has read. */
export type Read<S extends Schema> = { [Name in keyof S]?: ReturnType<S[Name]> };

/** How faults in one kind of options are reported. */
export interface Report {
  /** A prefix of the option's name, such as `auth.`. */
  where?: string;
  /** A prefix of the whole sentence, such as `createWorker: `. */
  call?: string;
  error?: (message: string, cause?: unknown) => Error;
}

/** Refuses a value. */
export function fault(text: string): never {
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- Never leaves `readOptions`.
  throw new Fault(text);
}

/** Accepts values that pass a check, unchanged. */
export const only =
  <T>(isFine: (value: unknown) => value is T, text: string): Reader<T> =>
  (value) =>
    isFine(value) ? value : fault(text);

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
export const isFunction = (value: unknown): value is (...values: unknown[]) => unknown =>
  typeof value === "function";
export const isIterable = (value: unknown): value is Iterable<unknown> =>
  isFunction(membersOf(value)[Symbol.iterator]);
/** This covers a revoked proxy too, which has no members. */
const isList = (value: unknown) => tryOrUndefined(() => Array.isArray(value)) !== false;
const isNumber = (value: unknown): value is number => typeof value === "number";
const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
export const isWithin = (value: unknown, least: number, most: number): value is number =>
  isNumber(value) && Number.isInteger(value) && value >= least && value <= most;
const hasMethods = (value: unknown, names: readonly string[]) =>
  isObject(value) && names.every((name) => isFunction(value[name]));

export const MAX_U32 = 0xffff_ffff;

export const anything: Reader<unknown> = (value) => value;
export const text = only(isText, "must be a string that is not empty");
export const boolean = only(
  (value): value is boolean => typeof value === "boolean",
  "must be a boolean",
);
export const timeout = only(
  (value): value is number => isNumber(value) && value > 0,
  "must be a number of milliseconds above 0",
);
export const count = only(
  (value): value is number => isWithin(value, 0, MAX_U32),
  "must be a whole number from 0",
);
export const ordinal = only(
  (value): value is number => isWithin(value, 1, MAX_U32),
  "must be a whole number from 1",
);

export const whole = (least: number, most: number): Reader<number> =>
  only(
    (value): value is number => isWithin(value, least, most),
    `must be a whole number from ${least} to ${most}`,
  );

/** A function; its parameters and result can't be checked. */
export const method = <F extends (...values: never[]) => unknown>(): Reader<F> =>
  only((value): value is F => isFunction(value), "must be a function");

/** An object with these methods; their parameters and results can't be checked. */
export const withMethods = <T extends object>(...names: (keyof T & string)[]): Reader<T> =>
  only(
    (value): value is T => hasMethods(value, names),
    `must be an object with ${names.join("() and ")}()`,
  );

const isSignal = (value: unknown): value is CallSignal =>
  isObject(value) && typeof value["aborted"] === "boolean" && isFunction(value["addEventListener"]);

/** A signal of any implementation. Reading its members never throws. */
export function signal(value: unknown): CallSignal {
  const given = isSignal(value) ? value : fault("must be an AbortSignal");
  return {
    get aborted() {
      return tryOrUndefined(() => given.aborted) === true;
    },
    get reason(): unknown {
      return tryOrUndefined((): unknown => given.reason);
    },
    addEventListener(type, listener) {
      tryOrUndefined((): unknown => given.addEventListener(type, listener));
    },
    removeEventListener(type, listener) {
      tryOrUndefined((): unknown => given.removeEventListener(type, listener));
    },
  };
}

/**
 * A column of a CSV: its name, its number from 1, or a name and which of the columns with that
 * name.
 */
export const column = only(
  (value): value is string | number | { name: string; occurrence: number } =>
    isText(value) ||
    isWithin(value, 1, MAX_U32) ||
    (isObject(value) && isText(value["name"]) && isWithin(value["occurrence"], 1, MAX_U32)),
  "must be the name of a column, its number from 1, or { name, occurrence }",
);

/**
 * Reads the defined members of an options object. Refuses unknown names, and values that
 * their reader refuses.
 */
export function readOptions<S extends Schema>(
  value: unknown,
  schema: S,
  { where = "", call = "", error = invalidOption }: Report = {},
): Read<S> {
  if (!isObject(value) || isList(value)) {
    const options = call === "" ? "The options" : "the options";
    const subject = where === "" ? options : `\`${where.slice(0, -1)}\``;
    throw error(`${call}${subject} must be an object`);
  }
  const read: Record<string, unknown> = {};
  let name = "";
  try {
    for (name of Object.keys(value)) {
      const reader = Object.hasOwn(schema, name) ? schema[name] : undefined;
      if (!reader) fault(`is not an option (known options: ${Object.keys(schema).join(", ")})`);
      const member = value[name];
      if (member !== undefined) read[name] = reader(member);
    }
  } catch (thrown) {
    const isFault = thrown instanceof Fault;
    const what = isFault ? thrown.text : "can't be read";
    const cause = isFault ? undefined : thrown;
    throw toVoucherError(thrown, () => error(`${call}\`${where}${name}\` ${what}`, cause));
  }
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- Each member is what the reader of its name gave.
  return read as Read<S>;
}

/** Refuses options if a required one is missing. */
export function requireOptions<T extends object, Name extends keyof T & string>(
  options: T,
  names: readonly Name[],
  where = "",
): asserts options is T & { [N in Name]-?: NonNullable<T[N]> } {
  for (const name of names) {
    if (options[name] === undefined) throw invalidOption(`\`${where}${name}\` is missing`);
  }
}
