/**
 * Why Uber rejected batches, with Uber's own message. The journal keeps the status and Uber's code;
 * the message is read from the passing response, and kept shortened with the job, without personal data.
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

/** A refusal of Uber: its status, code and message. */
export interface Said {
  status: number;
  code: string | null;
  words: string;
}

/** Wraps `fetch` to report refused distributions. It delays no response. */
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

/** Reads the message in the forms of Uber's errors. */
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

/** Removes what may be somebody's address or number. */
function withoutData(words: string): string {
  const shown = words
    .replaceAll(/\S*@\S*/g, "…")
    .replaceAll(/\+?\d[\d\s().-]{4,}\d/g, "…")
    .replaceAll(/\p{Cc}+/gu, " ");
  return shown.length > LONGEST_WORDS ? `${shown.slice(0, LONGEST_WORDS)}…` : shown;
}

/** Messages, by the name of the refusal. */
export type Words = Readonly<Record<string, string>>;

const nameOf = (status: number, code: string | null | undefined) =>
  `${status} ${(code ?? "").toLowerCase()}`;

/** Adds a message; the first one of each refusal is kept. */
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
