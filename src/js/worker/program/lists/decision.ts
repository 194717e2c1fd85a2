/**
 * Decides for each code of a list whether it is sent:
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
 * The first matching row applies.
 */
import { MAX_NAMED } from "../../limits.js";
import { hexOf } from "../../../codes/code-list.js";
import { STATES } from "../../../generated/protocol.js";
import type { CodeState } from "../../../job/types.js";
import { FOREIGN, LISTED } from "./listing.js";
import { type Problem, type Refusal, refuse } from "../../problem.js";
import type { DryRun, LeftOut } from "../../types.js";
import type { ListFlags } from "../../fingerprint.js";

const ID = 16;
const ALREADY_QUEUED = "already_queued";
const NOTHING_TO_SEND = "nothing_to_send";

/** A code that was sent before. */
export interface BlockedCode {
  code: string;
  state: CodeState;
  /** The id of the job that has it. */
  job: string | null;
  /** Whether it is in use: then it is not sent again. */
  used: boolean;
}

/** What is known here of the codes of a list. */
export interface Claimed {
  /**
   * For each code, by index: 1 plus the number of its state if a job has sent it, or may have, or
   * will; otherwise 0.
   */
  states: Uint8Array;
  /** The number of that job. */
  owners: Uint32Array;
  /** Not 0 if it is known to be in use. */
  used: Uint8Array;
  /** Not 0 where it was sent, and nothing but an operator's decision is known of it. */
  decided: Uint8Array;
  /** Not 0 where it failed in a job. */
  failed: Uint8Array;
}

/** How many codes a job would send, by what the request says about codes that were sent before. */
export type Sends = DryRun["sends"];

/** The decision for each code. */
export interface Classified {
  blocked: {
    total: number;
    counts: Partial<Record<CodeState, number>>;
    /** How many of them are in use. */
    used: number;
    first: BlockedCode[];
  };
  /**
   * The numbers of the jobs that have codes of this list whose state is unknown, or based on nothing but an
   * operator's decision, and that could be sent again.
   */
  undecided: ReadonlySet<number>;
  leftOut: LeftOut;
  firstCancelled: string[];
  firstUsed: string[];
  /** How many codes failed, and are sent like any other. */
  failedBefore: number;
  /** Without codes that are not in the program. */
  sends: Sends;
  /** A digest of everything that the decision depends on. */
  digest: string;
  /** For each code: `SEND`, `BLOCKED`, `LEFT_OUT` or `BLOCKED_IN_USE`. */
  decisions: Uint8Array;
}

export const SEND = 0;
export const BLOCKED = 1;
export const LEFT_OUT = 2;
/** Sent before, and in use. */
export const BLOCKED_IN_USE = 3;

/** Classifies the codes; `listed` are their marks in Uber's list, if that was read. */
export function classifyCodes(
  ids: Uint8Array,
  { states, owners, used, decided, failed }: Claimed,
  listed: Uint8Array | undefined,
  idOfJob: (number: number) => string | undefined,
): Omit<Classified, "digest"> {
  const decisions = new Uint8Array(states.length);
  const counts: Partial<Record<CodeState, number>> = {};
  const leftOut = { cancelled: 0, used: 0 };
  const [first, firstCancelled, firstUsed]: [BlockedCode[], string[], string[]] = [[], [], []];
  const undecided = new Set<number>();
  const sends: Sends = { skip: 0, resend: 0 };
  let [total, inUse, failedBefore] = [0, 0, 0];
  const code = (index: number) => hexOf(ids, index * ID);
  for (let position = 0; position < decisions.length; position += 1) {
    const state = states[position] === 0 ? undefined : STATES[(states[position] ?? 0) - 1];
    const isInUse = listed?.[position] === LISTED.used || used[position] !== 0;
    if (listed?.[position] === LISTED.cancelled) {
      decisions[position] = LEFT_OUT;
      leftOut.cancelled += 1;
      if (firstCancelled.length < MAX_NAMED) firstCancelled.push(code(position));
    } else if (state !== undefined) {
      decisions[position] = isInUse ? BLOCKED_IN_USE : BLOCKED;
      counts[state] = (counts[state] ?? 0) + 1;
      total += 1;
      if (isInUse) inUse += 1;
      else if (state === "unknown" || state === "sending" || decided[position] !== 0) {
        undecided.add(owners[position] ?? 0);
      }
      if (first.length < MAX_NAMED) {
        const job = idOfJob(owners[position] ?? 0) ?? null;
        first.push({ code: code(position), state, job, used: isInUse });
      }
    } else if (isInUse) {
      decisions[position] = LEFT_OUT;
      leftOut.used += 1;
      if (firstUsed.length < MAX_NAMED) firstUsed.push(code(position));
    }
    if (listed?.[position] === FOREIGN) continue;
    const isFree = decisions[position] === SEND;
    failedBefore += Number(isFree && failed[position] !== 0);
    sends.skip += Number(isFree);
    sends.resend += Number(isFree || decisions[position] === BLOCKED);
  }
  return {
    blocked: { total, counts, used: inUse, first },
    undecided,
    leftOut,
    firstCancelled,
    firstUsed,
    failedBefore,
    sends,
    decisions,
  };
}

/** The codes that are sent. */
export interface Selection {
  isSent: (fate: number) => boolean;
  skipped: number;
  resent: number;
  leftOut: LeftOut;
}

/** @throws if the request does not say what to do with codes that were sent before. */
export function decide(
  { blocked, leftOut: without, decisions, digest }: Classified,
  flags: ListFlags,
): Selection {
  const free = decisions.length - blocked.total - without.cancelled - without.used;
  const isResent = flags.resend === true;
  if (blocked.total > 0 && !isResent && (flags.skip !== true || free === 0)) {
    throw alreadyQueued(blocked, free, digest);
  }
  const leftOut = { ...without, used: without.used + (isResent ? blocked.used : 0) };
  const resent = isResent ? blocked.total - blocked.used : 0;
  if (free + resent === 0) throw nothingToSend(leftOut, digest);
  return {
    isSent: (fate) => fate === SEND || (fate === BLOCKED && isResent),
    skipped: isResent ? 0 : blocked.total,
    resent,
    leftOut,
  };
}

/** Whether `skip` leaves out the whole list. */
export const isNothingLeft = ({ code }: Problem, { skip }: ListFlags): boolean =>
  code === NOTHING_TO_SEND || (code === ALREADY_QUEUED && skip === true);

function alreadyQueued(
  { total, counts, used, first }: Classified["blocked"],
  free: number,
  digest: string,
): Refusal {
  const waiting = counts.pending ?? 0;
  const among = used === 0 ? "" : ` The ${used} of them that are in use are not sent again.`;
  const twice =
    waiting === 0
      ? ""
      : " Cancel the job that is going to send some of them, or both jobs send these.";
  const hint =
    free > 0
      ? `Pass \`skip=true\` to leave them out, or \`resend=true\` to send them again.${among}${twice}`
      : used === total
        ? "All codes were sent before and are in use, so nothing can be sent."
        : `All codes are in earlier jobs. To send them again, pass \`resend=true\`.${among}${twice}`;
  return refuse(
    422,
    ALREADY_QUEUED,
    [
      waiting < total && `${codesAre(total - waiting, "were")} sent before, or may have been`,
      waiting > 0 && `${codesAre(waiting, "are")} waiting to be sent in another job`,
    ]
      .filter(Boolean)
      .join(", and "),
    hint,
    { more: { count: total, used, free, states: counts, codes: first, digest } },
  );
}

const SINGULAR = { were: "was", are: "is" } as const;

const codesAre = (count: number, are: keyof typeof SINGULAR): string =>
  count === 1 ? `1 code ${SINGULAR[are]}` : `${count} codes ${are}`;

function nothingToSend(leftOut: LeftOut, digest: string): Refusal {
  return refuse(
    422,
    NOTHING_TO_SEND,
    `All codes of the list are cancelled (${leftOut.cancelled}) or in use (${leftOut.used})`,
    "Cancelled codes are never sent, and codes that are in use are not sent again. Use another list.",
    { more: { leftOut, digest } },
  );
}
