/**
 * The parameters of a request: a closed list for each route, each with a type. Unknown
 * parameters are refused: an ignored `dryrun` would send.
 */
import { refuse } from "../problem.js";

/** Reads a value; `undefined` if it is not of this type. */
export interface ParameterType<T> {
  read(value: string): T | undefined;
  /** Completes "must be …". */
  expected: string;
}

type Types = Record<string, ParameterType<unknown>>;
type Values<T extends Types> = {
  [K in keyof T]: T[K] extends ParameterType<infer V> ? V | undefined : never;
};

const TRUE: readonly string[] = ["true", "1", "yes", "on"];
const FALSE: readonly string[] = ["false", "0", "no", "off"];

export const flag: ParameterType<boolean> = {
  read(value) {
    const word = value.toLowerCase();
    if (TRUE.includes(word)) return true;
    return FALSE.includes(word) ? false : undefined;
  },
  expected: "true or false (or 1, 0, yes, no, on, off)",
};

export const text: ParameterType<string> = { read: (value) => value, expected: "text" };

/** Text of a limited length, without the white space around it. */
export function textUpTo(most: number): ParameterType<string> {
  return {
    read: (value) => (value.length <= most ? value.trim() : undefined),
    expected: `text of at most ${most} characters`,
  };
}

/** Reads a member of a body that may be missing. */
export function readText(member: string, value: unknown, most: number): string | undefined {
  if (value === undefined) return undefined;
  const type = textUpTo(most);
  const found = typeof value === "string" ? type.read(value) : undefined;
  if (found === undefined) throw invalid(`\`${member}\` must be ${type.expected}`);
  return found;
}

export function wholeNumber(least: number, most: number): ParameterType<number> {
  return {
    read(value) {
      const number = /^\d{1,16}$/.test(value) ? Number(value) : NaN;
      return number >= least && number <= most ? number : undefined;
    },
    expected: `a whole number from ${least} to ${most}`,
  };
}

export function oneOf<T extends string>(values: readonly T[]): ParameterType<T> {
  return {
    read: (value) => values.find((known) => known === value),
    expected: `one of ${values.join(", ")}`,
  };
}

/** The parameters in a query; `undefined` for those that are not given. */
export function readParameters<T extends Types>({ searchParams }: URL, types: T): Values<T> {
  refuseUnknown("parameter", [...searchParams.keys()], Object.keys(types));
  const found: Record<string, unknown> = {};
  for (const [name, type] of Object.entries(types)) {
    const [given, second] = searchParams.getAll(name);
    if (second !== undefined) throw invalid(`\`${name}\` is given twice`, "Pass it once.");
    if (given === undefined) continue;
    const value = type.read(given);
    if (value === undefined) throw invalid(`\`${name}\` must be ${type.expected}`);
    found[name] = value;
  }
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- Each value is what the type of its name has read.
  return found as Values<T>;
}

/** The members of a JSON body, which may have no others. An empty body has none. */
export function readMembers<K extends string>(
  json: unknown,
  known: readonly K[],
): Partial<Record<K, unknown>> {
  if (json === undefined) return {};
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw refuse(400, "invalid_json", "The body must be a JSON object", "Correct the body.");
  }
  refuseUnknown("member of the body", Object.keys(json), known);
  // Without a prototype, so that a member can't be an inherited one.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- An object without members is one.
  return Object.assign(Object.create(null) as object, json);
}

function refuseUnknown(what: string, given: readonly string[], known: readonly string[]): void {
  const unknown = given.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const nearest = nearestOf(unknown, known);
  const all = known.map((name) => `\`${name}\``).join(", ");
  throw invalid(
    `\`${unknown.slice(0, 100)}\` is not a ${what} of this route`,
    nearest === undefined
      ? "The route takes none."
      : `Did you mean \`${nearest}\`? Possible: ${all}.`,
    nearest === undefined ? {} : { nearest },
  );
}

export function invalid(title: string, hint = "Correct it.", more?: Record<string, unknown>) {
  return refuse(400, "invalid_options", title, hint, more && { more });
}

/** The name that needs the fewest edits, ignoring case. */
function nearestOf(name: string, known: readonly string[]): string | undefined {
  const given = name.slice(0, 40).toLowerCase();
  const ranked = known.map((word) => ({ word, edits: editsBetween(given, word.toLowerCase()) }));
  return ranked.sort((one, other) => one.edits - other.edits)[0]?.word;
}

/** Levenshtein's distance. */
function editsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [line, letter] of Array.from(from).entries()) {
    const next = [line + 1];
    for (let at = 0; at < to.length; at += 1) {
      const replaced = (row[at] ?? 0) + Number(letter !== to[at]);
      next.push(Math.min(replaced, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
