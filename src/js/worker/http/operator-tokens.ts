/** The tokens with which operators sign in: `ADMIN_TOKEN`, and the named ones of `OPERATOR_TOKENS`. */
import { isObject } from "../../schema.js";
import { LIMITS } from "../limits.js";
import { refuse } from "../problem.js";
import type { WorkerEnv } from "../types.js";

export interface OperatorToken {
  /** The operator's name in the audit trail. */
  name: string;
  token: string;
}

/** The name of whoever has `ADMIN_TOKEN`. */
export const ADMIN = "admin";

const LONGEST_NAME = 100;
/** A string of JSON. */
const STRING = /"(?:[^"\\]|\\.)*"/g;

/** All tokens; empty if there is none. Throws the refusal of every request if one can't be used. */
export function operatorTokens(env: WorkerEnv): readonly OperatorToken[] {
  const token = (env.ADMIN_TOKEN ?? "").trim();
  const isLongEnough = token.length >= LIMITS.tokenCharacters;
  const admin = isLongEnough ? [{ name: ADMIN, token }] : [];
  const text: unknown = env.OPERATOR_TOKENS ?? "";
  if (typeof text !== "string") throw unusable("it is not text");
  return text.trim() === "" ? admin : [...admin, ...namedTokens(text, token)];
}

function namedTokens(text: string, adminToken: string): OperatorToken[] {
  const entries = Object.entries(parse(text));
  const names = new Set([ADMIN]);
  const tokens = new Set([adminToken]);
  const found = entries.map(([name, value], index) => {
    const at = index + 1;
    if (typeof value !== "string") throw unusable(`token ${at} is not text`);
    const token = value.trim();
    const fault = faultOfName(name, names) ?? faultOfToken(token, tokens);
    if (fault !== undefined) throw unusable(fault.replace("#", String(at)));
    names.add(comparable(name));
    tokens.add(token);
    return { name, token };
  });
  // `JSON.parse` keeps the last one of several members with the same name.
  const strings = text.match(STRING) ?? [];
  if (strings.length !== 2 * found.length) throw unusable("a name occurs twice");
  return found;
}

function parse(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unusable("it is not JSON");
  }
  if (!isObject(value) || Array.isArray(value)) {
    throw unusable("it is not an object with a token for each name");
  }
  return value;
}

/** Names that a reader of the audit trail can't tell apart are the same. */
const comparable = (name: string): string => name.normalize("NFKC").toLowerCase();

function faultOfName(name: string, others: ReadonlySet<string>): string | undefined {
  if (name.trim() === "") return "name # is empty";
  if (name.length > LONGEST_NAME) return `name # has more than ${LONGEST_NAME} characters`;
  if (name.trim() !== name || /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u.test(name)) {
    return "name # has blanks or invisible characters around or in it";
  }
  if (!others.has(comparable(name))) return undefined;
  return comparable(name) === ADMIN ? "name # is that of ADMIN_TOKEN" : "name # repeats another";
}

function faultOfToken(token: string, others: ReadonlySet<string>): string | undefined {
  if (token.length < LIMITS.tokenCharacters) {
    return `token # has fewer than ${LIMITS.tokenCharacters} characters`;
  }
  return others.has(token) ? "token # equals another" : undefined;
}

/** Says which entry it is, not what it contains: a token may be in the place of a name. */
const unusable = (fault: string) =>
  refuse(
    503,
    "invalid_operator_tokens",
    `OPERATOR_TOKENS can't be used, so the worker refuses all requests: ${fault}`,
    `Set it to JSON such as {"ada": "…", "grace": "…"}, with a token of at least ${LIMITS.tokenCharacters} characters for each name, or remove it.`,
  );
