/**
 * Why Uber rejected batches, in its own words. The journal keeps the status and Uber's code; what
 * else an answer says is heard as it passes, and kept shortened with the job, without anybody's data.
 */
import { ApiError } from "../../errors.js";
import type { ReadableJob } from "../../job/job.js";
import { type Members, membersOf } from "../../members.js";
import type { Rejection } from "../types.js";
import type { UberFetch } from "../uber.js";

const LONGEST_BODY = 4_096;
const LONGEST_WORDS = 300;
const MOST_WORDS = 20;
const MOST_LISTED = 100;
const DISTRIBUTE = /\/codes\/distribute$/;

/** What a refusal of Uber's says: by its status and its code. */
export interface Said {
  status: number;
  code: string | null;
  words: string;
}

/** The same `fetch`, which tells of what refuses a distribution. It holds no answer up. */
export function hearing(fetch: UberFetch, hear: (said: Said) => void): UberFetch {
  return async (url, init) => {
    const answer = await fetch(url, init);
    const { status } = answer;
    if (status >= 400 && status < 500 && DISTRIBUTE.test(new URL(url).pathname)) {
      const copy = answer.clone();
      void copy
        .text()
        .then((body) => {
          const said = wordsOf(body.slice(0, LONGEST_BODY));
          if (said) hear({ status, ...said });
        })
        .catch(() => {});
    }
    return answer;
  };
}

/** Reads the shapes in which Uber writes errors. */
export function wordsOf(body: string): Omit<Said, "status"> | undefined {
  const json = parsed(body);
  const errors = json["errors"];
  const inner = membersOf(Array.isArray(errors) ? errors[0] : undefined);
  const code = textIn(json, "code") ?? textIn(inner, "code");
  const words = ["message", "title"].map((name) => textIn(json, name) ?? textIn(inner, name));
  const said = words.find((text) => text !== undefined);
  return said === undefined ? undefined : { code: code ?? null, words: withoutData(said) };
}

function parsed(body: string): Members {
  try {
    return membersOf(JSON.parse(body));
  } catch {
    return {};
  }
}

function textIn(json: Members, name: string): string | undefined {
  const value = json[name];
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

/** What may be an address or a number of somebody's is left out. */
function withoutData(words: string): string {
  const shown = words
    .replaceAll(/\S*@\S*/g, "…")
    .replaceAll(/\+?\d[\d\s().-]{4,}\d/g, "…")
    .replaceAll(/\p{Cc}+/gu, " ");
  return shown.length > LONGEST_WORDS ? `${shown.slice(0, LONGEST_WORDS)}…` : shown;
}

/** What was heard, by the name of the refusal. */
export type Words = Readonly<Record<string, string>>;

const nameOf = (status: number, code: string | null | undefined) =>
  `${status} ${(code ?? "").toLowerCase()}`;

/** The same with one more; the first words of a refusal stay. */
export function withWords(words: Words, { status, code, words: said }: Said): Words {
  const name = nameOf(status, code);
  if (name in words || Object.keys(words).length >= MOST_WORDS) return words;
  return { ...words, [name]: said };
}

export function rejectionsOf(job: ReadableJob, words: Words): Rejection[] {
  if (job.progress().rejected === 0) return [];
  const found = new Map<string, Rejection>();
  for (const { state, codes, lastError } of job.batches()) {
    if (state !== "rejected") continue;
    const { status = null, uberCode } = lastError instanceof ApiError ? lastError : {};
    const name = nameOf(status ?? 0, uberCode);
    const before = found.get(name);
    if (before) before.codes += codes;
    else {
      const code = uberCode ?? lastError?.code ?? "";
      found.set(name, { status, code, message: words[name] ?? lastError?.message ?? "", codes });
    }
  }
  return [...found.values()].sort((one, other) => other.codes - one.codes).slice(0, MOST_LISTED);
}
