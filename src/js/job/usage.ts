/** Which codes are in use: out of what `listCodes` and `listGuests` give. */
import { invalidOption, ours } from "../errors.js";
import type { Client } from "../client/client.js";
import type { CodeUsage, ReconcileOptions, UsedCodes } from "./types.js";

/** What reads it at Uber. */
export type UsageReader = Pick<Client, "listCodes" | "listGuests">;

/** What came of reading. */
export interface Usage {
  /** How many entries there were. */
  read: number;
  /** The ids of those in use, each behind a line break. */
  used: string;
}

/** Asks Uber. */
export function usageAtUber(
  reader: UsageReader,
  programId: string,
  { guests = false, ...call }: ReconcileOptions,
): UsedCodes | Promise<UsedCodes> {
  return guests
    ? reader.listGuests(programId, call)
    : reader.listCodes(programId, { ...call, includeUsage: true });
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
  const { codeId, usageCount, isClaimed } = Object(code) as { [K in keyof CodeUsage]?: unknown };
  const fits =
    typeof code === "object" &&
    isOptional(codeId, "string") &&
    isOptional(usageCount, "number") &&
    isOptional(isClaimed, "boolean");
  if (!fits) {
    throw invalidOption(`Entry ${usage.read} is no code of listCodes, and no guest of listGuests`);
  }
  const isUsed = isClaimed === true || (usageCount as number) > 0;
  if (isUsed && codeId != null) usage.used += `\n${codeId as string}`;
}

function isOptional(value: unknown, type: "string" | "number" | "boolean"): boolean {
  return value == null || typeof value === type;
}
