/** Which codes are in use: out of what `listCodes` and `listGuests` give. */
import { invalidOption, ours } from "../errors.js";
import { isObject, membersOf } from "../schema.js";
import type { CallOptions } from "../types.js";
import type { CodeUsage, ReconcileOptions, UsedCodes } from "./types.js";

/** What reads it at Uber. */
export interface UsageReader {
  listGuests(programId: string, call: CallOptions): AsyncIterable<CodeUsage>;
  listUsedCodes(programId: string, call: CallOptions): Promise<Usage>;
}

const CODE_LENGTH = 36;

/** What came of reading. */
export interface Usage {
  /** How many entries there were. */
  read: number;
  /** The ids of those in use, each behind a line break. */
  used: string;
}

/**
 * Asks Uber. Of its list of codes, the text of the answer is there twice while the core
 * reads it (in JavaScript and in the wasm), and what is kept is the ids of those in use;
 * guests come a page at a time.
 */
export function usageAtUber(
  reader: UsageReader,
  programId: string,
  { guests = false, ...call }: ReconcileOptions,
): Promise<Usage> {
  return guests
    ? readUsage(reader.listGuests(programId, call))
    : reader.listUsedCodes(programId, call);
}

/** Reads all of it before anything is known: what fails midway changes nothing. */
export async function readUsage(codes: UsedCodes): Promise<Usage> {
  const usage: Usage = { read: 0, used: "" };
  try {
    if (Symbol.iterator in codes) for (const code of codes) take(code, usage);
    else for await (const code of codes) take(code, usage);
  } catch (error) {
    throw ours(error, (cause) => invalidOption("The codes can't be read", cause));
  }
  return usage;
}

function take(code: CodeUsage, usage: Usage): void {
  usage.read += 1;
  const { codeId, usageCount, isClaimed } = membersOf(code);
  const fits =
    isObject(code) &&
    isOptional(codeId, "string") &&
    isOptional(usageCount, "number") &&
    isOptional(isClaimed, "boolean");
  if (!fits) {
    throw invalidOption(`Entry ${usage.read} is no code of listCodes, and no guest of listGuests`);
  }
  const isUsed = isClaimed === true || (typeof usageCount === "number" && usageCount > 0);
  const id = isUsed && typeof codeId === "string" ? codeId.trim() : "";
  // One that isn't is no code, and must not be read as more than one.
  if (id.length === CODE_LENGTH) usage.used += `\n${id}`;
}

function isOptional(value: unknown, type: "string" | "number" | "boolean"): boolean {
  return value == null || typeof value === type;
}
