/**
 * Why Uber rejected batches, with Uber's own message. The journal keeps the status and Uber's code;
 * the message is read from the passing response, and kept shortened with the job, without personal data.
 */
import { ApiError } from "../../../errors.js";
import type { ReadableJob } from "../../../job/job.js";
import type { JobResult } from "../../../job/types.js";
import { type Members, membersOf } from "../../../members.js";
import { mask } from "../../../personal-data.js";
import type { Rejection } from "../../types.js";
import type { UberFetch } from "../../uber.js";

const LONGEST_BODY = 4_096;
const MAX_WORDS = 20;
const MAX_LISTED = 100;
const DISTRIBUTE = /\/codes\/distribute$/;

/** A refusal of Uber: its status, code and message. */
export interface RefusalMessage {
  status: number;
  code: string | null;
  words: string;
}

/** Wraps `fetch` to report refused distributions. It delays no response. */
export function withRefusalListener(
  fetch: UberFetch,
  onRefusal: (said: RefusalMessage) => void,
): UberFetch {
  return async (url, init) => {
    const response = await fetch(url, init);
    const { status } = response;
    if (status >= 400 && status < 500 && DISTRIBUTE.test(new URL(url).pathname)) {
      const copy = response.clone();
      void copy
        .text()
        .then((body) => {
          const said = messageIn(body.slice(0, LONGEST_BODY));
          if (said) onRefusal({ status, ...said });
        })
        .catch(() => {});
    }
    return response;
  };
}

/** Reads the message in the forms of Uber's errors. */
export function messageIn(body: string): Omit<RefusalMessage, "status"> | undefined {
  const json = parsed(body);
  const errors = json["errors"];
  const inner = membersOf(Array.isArray(errors) ? errors[0] : undefined);
  const code = textIn(json, "code") ?? textIn(inner, "code");
  const words = ["message", "title"].map((name) => textIn(json, name) ?? textIn(inner, name));
  const said = words.find((text) => text !== undefined);
  return said === undefined
    ? undefined
    : { code: code ?? null, words: mask(said.replaceAll(/\p{Cc}+/gu, " ")) };
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

/** Messages, by the name of the refusal. */
export type Words = Readonly<Record<string, string>>;

const nameOf = (status: number, code: string | null | undefined) =>
  `${status} ${(code ?? "").toLowerCase()}`;

/** Adds a message; the first one of each refusal is kept. */
export function addMessage(words: Words, { status, code, words: said }: RefusalMessage): Words {
  const name = nameOf(status, code);
  if (name in words || Object.keys(words).length >= MAX_WORDS) return words;
  return { ...words, [name]: said };
}

/** What Uber said about each rejected batch. */
function* rejectedBatches(job: ReadableJob, words: Words) {
  if (job.progress().rejected === 0) return;
  for (const { id, state, codes, lastError } of job.batches()) {
    if (state !== "rejected") continue;
    const { status = null, uberCode } = lastError instanceof ApiError ? lastError : {};
    const name = nameOf(status ?? 0, uberCode);
    const code = uberCode ?? lastError?.code ?? "";
    yield { id, codes, name, status, code, message: words[name] ?? lastError?.message ?? "" };
  }
}

export function rejectionsOf(job: ReadableJob, words: Words): Rejection[] {
  const found = new Map<string, Rejection>();
  for (const { name, status, code, message, codes } of rejectedBatches(job, words)) {
    const before = found.get(name);
    if (before) before.codes += codes;
    else found.set(name, { status, code, message, codes });
  }
  return [...found.values()].sort((one, other) => other.codes - one.codes).slice(0, MAX_LISTED);
}

/** Adds to the results of rejected codes why Uber rejected their batch: that is their reason. */
export function withRejections(job: ReadableJob, words: Words): (result: JobResult) => JobResult {
  const messages = new Map<number, string>();
  for (const { id, message } of rejectedBatches(job, words)) messages.set(id, message);
  return (result) =>
    result.state === "rejected"
      ? { ...result, reason: messages.get(result.batch) ?? result.reason }
      : result;
}
