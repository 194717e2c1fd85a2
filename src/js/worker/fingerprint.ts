/** What an Idempotency-Key covers: everything that decides what is sent. */
import { membersOf } from "../members.js";
import { refuse } from "./problem.js";

/** The flags of a list; `undefined` if the caller gave none. */
export interface ListFlags {
  /** Rejected entries are left out. */
  valid: boolean | undefined;
  /** Codes that were sent before are left out. */
  skip: boolean | undefined;
  /** Codes that were sent before are sent again. */
  resend: boolean | undefined;
}

/** The flags for comparing a list with its program's. */
export interface CheckFlags {
  /** Codes that the program does not have are sent anyway. */
  allowForeign: boolean;
  /** The list is sent without being compared. */
  unchecked: boolean;
}

/** The parts of a request that a key covers, by the names that the caller uses. */
export type Fingerprint = Readonly<Record<string, string | number | boolean | null>>;

/** The stored form of a request, to compare the next one with the same key. */
export function fingerprintText(parts: Fingerprint, flags: ListFlags, codes: string): string {
  const { valid = false, skip = false, resend = false } = flags;
  return JSON.stringify({ ...parts, valid, skip, resend, codes });
}

/** Refuses a key that was used for a request that would send something else. */
export function refuseReusedKey(before: string, now: string): void {
  if (before === now) return;
  const other = membersOf(JSON.parse(now));
  // An earlier version stored only the list.
  const one = before.startsWith("{") ? membersOf(JSON.parse(before)) : { ...other, codes: before };
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  const differs = [...names].filter((name) => one[name] !== other[name]);
  if (differs.length > 0) throw keyReused(differs);
}

export function keyReused(differs: readonly string[]) {
  return refuse(
    422,
    "idempotency_key_reused",
    `This Idempotency-Key was used with a different ${differs.map((name) => `\`${name}\``).join(", ")}`,
    "Repeat the first request unchanged, or use a new key for another one.",
    { more: { differs } },
  );
}
