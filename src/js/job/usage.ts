/** Finds the codes in use in the result of `listCodes` or `listGuests`. */
import { invalidOption, toVoucherError } from "../errors.js";
import type { Usage } from "../generated/calls.js";
import { isObject, membersOf } from "../schema.js";
import type { CallOptions } from "../types.js";
import type { CodeUsage, ReconcileOptions, UsedCodes } from "./types.js";

/** The calls that read it at Uber. */
export interface UsageReader {
  listGuests(programId: string, call: CallOptions): AsyncIterable<CodeUsage>;
  listUsedCodes(programId: string, call: CallOptions): Promise<Usage>;
}

const CODE_LENGTH = 36;

/**
 * Reads usage at Uber. With the list of codes, the response is in memory twice while the
 * core reads it (in JavaScript and in the wasm), and only the ids of the codes in use
 * are kept; guests are read one page at a time.
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

/** Reads all of it before anything is applied: a failure midway changes nothing. */
export async function readUsage(codes: UsedCodes): Promise<Usage> {
  const usage: Usage = { read: 0, used: "" };
  try {
    if (Symbol.iterator in codes) for (const code of codes) take(code, usage);
    else for await (const code of codes) take(code, usage);
  } catch (error) {
    throw toVoucherError(error, (cause) => invalidOption("The codes can't be read", cause));
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
    throw invalidOption(
      `Entry ${usage.read} is neither a code of listCodes nor a guest of listGuests`,
    );
  }
  const isUsed = isClaimed === true || (typeof usageCount === "number" && usageCount > 0);
  const id = isUsed && typeof codeId === "string" ? codeId.trim() : "";
  // An id that is not a UUID is not a code, and must not be read as several.
  if (id.length === CODE_LENGTH) usage.used += `\n${id}`;
}

function isOptional(value: unknown, type: "string" | "number" | "boolean"): boolean {
  return value == null || typeof value === type;
}
