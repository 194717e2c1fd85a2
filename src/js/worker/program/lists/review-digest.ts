/**
 * The digest of the state of each code of a list. Webhooks and other operators may change it between
 * a dry run and the job; with `reviewed`, the job is then refused.
 */
import { refuse } from "../../problem.js";

const ID = 16;
/** Bytes of a digest. */
const LENGTH = 8;

/**
 * The digest of one program's list, in any order: the number of codes that are sent without a question, and
 * for each other code its state from earlier jobs and the decision about it.
 */
export async function digestOfReview(
  programId: string,
  ids: Uint8Array,
  states: Uint8Array,
  decisions: Uint8Array,
): Promise<string> {
  const view = new DataView(ids.buffer, ids.byteOffset, ids.byteLength);
  let [one, other, free] = [0, 0, 0];
  for (let index = 0; index < decisions.length; index += 1) {
    const decision = decisions[index] ?? 0;
    if (decision === 0) {
      free += 1;
      continue;
    }
    let mixed = ((states[index] ?? 0) << 8) | decision;
    for (let at = index * ID; at < (index + 1) * ID; at += 4) {
      mixed = Math.imul(mixed ^ view.getUint32(at), 0x9e3779b1);
      mixed ^= mixed >>> 15;
    }
    // Sums are the same in every order; the second tells apart what has one sum.
    one = (one + mixed) >>> 0;
    other = (other + Math.imul(mixed ^ (mixed >>> 13), 0x85ebca6b)) >>> 0;
  }
  const known = new TextEncoder().encode([programId, free, one, other].join("\n"));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", known));
  return [...digest.subarray(0, LENGTH)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The digest of several programs together, in any order; empty if one of them is empty. */
export function joinDigests(digests: readonly string[]): string {
  if (digests.includes("")) return "";
  const joined = digests.reduce((all, digest) => all ^ BigInt(`0x${digest}`), 0n);
  return joined.toString(16).padStart(2 * LENGTH, "0");
}

/** @throws if the current digest is not the reviewed one. */
export function requireReviewed(reviewed: string | undefined, digest: string): void {
  if (reviewed === undefined || reviewed === digest) return;
  throw refuse(
    409,
    "changed_since_review",
    "The state of these codes has changed since they were reviewed",
    "Nothing was queued. Repeat the dry run, decide again, and pass its `digest` as `reviewed`.",
    { more: { digest } },
  );
}
