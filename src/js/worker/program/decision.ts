/**
 * What is sent of a list, code by code, or why nothing is:
 *
 * | The code is                    | and the request says nothing | or says         |
 * | ------------------------------ | ---------------------------- | --------------- |
 * | not in the program             | 422 `foreign_codes`, before  | `allowForeign`: |
 * |                                | this is asked                | as any other    |
 * | cancelled                      | left out                     |                 |
 * | sent before, or may have been  | 422 `already_queued`         | `skip`: left    |
 * |                                |                              | out · `resend`: |
 * |                                |                              | sent again      |
 * | in use, and no job has sent it | left out                     |                 |
 * | any other                      | sent                         |                 |
 *
 * The first line that fits counts.
 */
import { hexOf } from "../../codes/code-list.js";
import { STATES } from "../../generated/protocol.js";
import type { CodeState } from "../../job/types.js";
import { LISTED } from "./listing.js";
import { type Refusal, refuse } from "../problem.js";
import type { LeftOut } from "../types.js";
import type { ListFlags } from "./fingerprint.js";

const ID = 16;
const MOST_LISTED = 1_000;

/** A code that was sent before. */
export interface BlockedCode {
  code: string;
  state: CodeState;
  /** The id of the job that has it. */
  job: string | null;
}

/** What is known here of the codes of a list. */
export interface Claimed {
  /** One a code, by its place: 1 and the number of its state where a job has sent it, or may have, or will. */
  states: Uint8Array;
  /** The number of that job. */
  owners: Uint32Array;
  /** Not 0 where it is known to be in use. */
  used: Uint8Array;
}

/** What becomes of the codes of a list. */
export interface Sorted {
  blocked: { total: number; counts: Partial<Record<CodeState, number>>; first: BlockedCode[] };
  /** The numbers of the jobs that have codes of these of which nothing is known. */
  undecided: ReadonlySet<number>;
  leftOut: LeftOut;
  firstCancelled: string[];
  firstUsed: string[];
  /** Of each code: `SEND`, `BLOCKED` or `LEFT_OUT`. */
  fates: Uint8Array;
}

export const SEND = 0;
export const BLOCKED = 1;
export const LEFT_OUT = 2;

/** Sorts the codes; `listed` are their marks in Uber's list, if that was read. */
export function sortCodes(
  ids: Uint8Array,
  { states, owners, used }: Claimed,
  listed: Uint8Array | undefined,
  idOfJob: (number: number) => string | undefined,
): Sorted {
  const fates = new Uint8Array(states.length);
  const counts: Partial<Record<CodeState, number>> = {};
  const leftOut = { cancelled: 0, used: 0 };
  const [first, firstCancelled, firstUsed]: [BlockedCode[], string[], string[]] = [[], [], []];
  const undecided = new Set<number>();
  let total = 0;
  const code = (place: number) => hexOf(ids, place * ID);
  for (let place = 0; place < fates.length; place += 1) {
    const state = states[place] === 0 ? undefined : STATES[(states[place] as number) - 1];
    if (listed?.[place] === LISTED.cancelled) {
      fates[place] = LEFT_OUT;
      leftOut.cancelled += 1;
      if (firstCancelled.length < MOST_LISTED) firstCancelled.push(code(place));
    } else if (state !== undefined) {
      fates[place] = BLOCKED;
      counts[state] = (counts[state] ?? 0) + 1;
      total += 1;
      if (state === "unknown" || state === "sending") undecided.add(owners[place] as number);
      if (first.length < MOST_LISTED) {
        const job = idOfJob(owners[place] as number) ?? null;
        first.push({ code: code(place), state, job });
      }
    } else if (listed?.[place] === LISTED.used || used[place] !== 0) {
      fates[place] = LEFT_OUT;
      leftOut.used += 1;
      if (firstUsed.length < MOST_LISTED) firstUsed.push(code(place));
    }
  }
  return {
    blocked: { total, counts, first },
    undecided,
    leftOut,
    firstCancelled,
    firstUsed,
    fates,
  };
}

/** What is sent of it. */
export interface Decided {
  isSent: (fate: number) => boolean;
  skipped: number;
  resent: number;
}

/** @throws where the request does not say what is to become of codes that were sent before. */
export function decide({ blocked, leftOut, fates }: Sorted, flags: ListFlags): Decided {
  const without = leftOut.cancelled + leftOut.used;
  const free = fates.length - blocked.total - without;
  const isResent = flags.resend === true;
  if (blocked.total > 0 && !isResent && (flags.skip !== true || free === 0)) {
    throw alreadyQueued(blocked, free);
  }
  if (free + (isResent ? blocked.total : 0) === 0) throw nothingToSend(leftOut);
  return {
    isSent: (fate) => fate === SEND || (fate === BLOCKED && isResent),
    skipped: isResent ? 0 : blocked.total,
    resent: isResent ? blocked.total : 0,
  };
}

function alreadyQueued({ total, counts, first }: Sorted["blocked"], free: number): Refusal {
  return refuse(
    422,
    "already_queued",
    total === 1 ? "1 code was sent before" : `${total} codes were sent before, or may have been`,
    free === 0
      ? "There is none that was not. To send them all the same, say `resend=true`."
      : "Say `skip=true` to leave them out, or `resend=true` to send them all the same.",
    { more: { count: total, free, states: counts, codes: first } },
  );
}

function nothingToSend(leftOut: LeftOut): Refusal {
  return refuse(
    422,
    "nothing_to_send",
    `All codes of the list are cancelled (${leftOut.cancelled}) or in use (${leftOut.used})`,
    "Cancelled codes, and codes that are in use and that no job here has sent, are never sent. Use another list.",
    { more: { leftOut } },
  );
}
