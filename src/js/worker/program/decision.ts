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
 * |                                |                              | sent again, but |
 * |                                |                              | not if in use   |
 * | in use, and no job has sent it | left out                     |                 |
 * | any other                      | sent                         |                 |
 *
 * The first line that fits counts.
 */
import { hexOf } from "../../codes/code-list.js";
import { STATES } from "../../generated/protocol.js";
import type { CodeState } from "../../job/types.js";
import { LISTED } from "./listing.js";
import { type Problem, type Refusal, refuse } from "../problem.js";
import type { LeftOut } from "../types.js";
import type { ListFlags } from "./fingerprint.js";

const ID = 16;
const MOST_LISTED = 1_000;
const ALREADY_QUEUED = "already_queued";
const NOTHING_TO_SEND = "nothing_to_send";

/** A code that was sent before. */
export interface BlockedCode {
  code: string;
  state: CodeState;
  /** The id of the job that has it. */
  job: string | null;
  /** It is in use: it is not sent again. */
  used: boolean;
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
  blocked: {
    total: number;
    counts: Partial<Record<CodeState, number>>;
    /** How many of them are in use. */
    used: number;
    first: BlockedCode[];
  };
  /** The numbers of the jobs that have codes of these of which nothing is known, and that could be sent again. */
  undecided: ReadonlySet<number>;
  leftOut: LeftOut;
  firstCancelled: string[];
  firstUsed: string[];
  /** Of each code: `SEND`, `BLOCKED`, `LEFT_OUT` or `BLOCKED_IN_USE`. */
  fates: Uint8Array;
}

export const SEND = 0;
export const BLOCKED = 1;
export const LEFT_OUT = 2;
/** Sent before, and in its recipient's hands. */
export const BLOCKED_IN_USE = 3;

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
  let [total, inUse] = [0, 0];
  const code = (place: number) => hexOf(ids, place * ID);
  for (let place = 0; place < fates.length; place += 1) {
    const state = states[place] === 0 ? undefined : STATES[(states[place] ?? 0) - 1];
    const isInUse = listed?.[place] === LISTED.used || used[place] !== 0;
    if (listed?.[place] === LISTED.cancelled) {
      fates[place] = LEFT_OUT;
      leftOut.cancelled += 1;
      if (firstCancelled.length < MOST_LISTED) firstCancelled.push(code(place));
    } else if (state !== undefined) {
      fates[place] = isInUse ? BLOCKED_IN_USE : BLOCKED;
      counts[state] = (counts[state] ?? 0) + 1;
      total += 1;
      if (isInUse) inUse += 1;
      else if (state === "unknown" || state === "sending") undecided.add(owners[place] ?? 0);
      if (first.length < MOST_LISTED) {
        const job = idOfJob(owners[place] ?? 0) ?? null;
        first.push({ code: code(place), state, job, used: isInUse });
      }
    } else if (isInUse) {
      fates[place] = LEFT_OUT;
      leftOut.used += 1;
      if (firstUsed.length < MOST_LISTED) firstUsed.push(code(place));
    }
  }
  return {
    blocked: { total, counts, used: inUse, first },
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
  leftOut: LeftOut;
}

/** @throws where the request does not say what is to become of codes that were sent before. */
export function decide({ blocked, leftOut: without, fates }: Sorted, flags: ListFlags): Decided {
  const free = fates.length - blocked.total - without.cancelled - without.used;
  const isResent = flags.resend === true;
  if (blocked.total > 0 && !isResent && (flags.skip !== true || free === 0)) {
    throw alreadyQueued(blocked, free);
  }
  const leftOut = { ...without, used: without.used + (isResent ? blocked.used : 0) };
  const resent = isResent ? blocked.total - blocked.used : 0;
  if (free + resent === 0) throw nothingToSend(leftOut);
  return {
    isSent: (fate) => fate === SEND || (fate === BLOCKED && isResent),
    skipped: isResent ? 0 : blocked.total,
    resent,
    leftOut,
  };
}

/** Whether a list was refused since the request itself leaves out all of it. */
export const isNothingLeft = ({ code }: Problem, { skip }: ListFlags): boolean =>
  code === NOTHING_TO_SEND || (code === ALREADY_QUEUED && skip === true);

function alreadyQueued({ total, counts, used, first }: Sorted["blocked"], free: number): Refusal {
  const among = used === 0 ? "" : ` The ${used} of them that are in use are not sent again.`;
  const hint =
    free > 0
      ? `Say \`skip=true\` to leave them out, or \`resend=true\` to send them all the same.${among}`
      : used === total
        ? "There is none that was not, and all of them are in use: there is nothing to send."
        : `There is none that was not. To send them all the same, say \`resend=true\`.${among}`;
  return refuse(
    422,
    ALREADY_QUEUED,
    total === 1 ? "1 code was sent before" : `${total} codes were sent before, or may have been`,
    hint,
    { more: { count: total, used, free, states: counts, codes: first } },
  );
}

function nothingToSend(leftOut: LeftOut): Refusal {
  return refuse(
    422,
    NOTHING_TO_SEND,
    `All codes of the list are cancelled (${leftOut.cancelled}) or in use (${leftOut.used})`,
    "Cancelled codes are never sent, and codes that are in use are not sent again. Use another list.",
    { more: { leftOut } },
  );
}
