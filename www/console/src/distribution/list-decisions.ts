/** The admin's decisions about a list, and what still prevents sending it. */
import { number, verb } from "../format.js";
import type { Answer } from "../lists/ask-programs.js";
import type { Before, Check, Checked } from "../lists/check.js";
import type { Again } from "../server/jobs.js";

export interface Decisions {
  leaveOutRejected: boolean;
  again: Again;
  /** Uber's list of codes can't be read, and the codes are sent anyway. */
  isUnchecked: boolean;
  /** The number of codes, as typed. */
  typed: string;
  /** An earlier decision was withdrawn, because the state of the codes has changed. */
  isOutdated: boolean;
}

export const UNDECIDED: Decisions = {
  leaveOutRejected: false,
  again: null,
  isUnchecked: false,
  typed: "",
  isOutdated: false,
};

/** For more codes than these, or more than half of the program, the number has to be typed. */
const MANY = 1_000;

interface Reviewed {
  size: number;
  rejected: number;
  /** The rejected rows are people without a code. */
  isOfPeople?: boolean;
  check: Check;
  decisions: Decisions;
  obstacle: string;
  isConfirmed?: boolean;
}

/** The decision on which the number of codes that are sent depends. */
interface Decided {
  check: Check;
  decisions: Pick<Decisions, "again">;
}

/** Whether the number of codes that are sent depends on an open decision. */
export const isUndecided = ({ check, decisions }: Decided): boolean =>
  check.step !== "checked" || (decisions.again === null && check.before.total > check.before.used);

/** Refusals after which the list is compared again: the result of the check is no longer true. */
export const CHANGED: ReadonlySet<string> = new Set([
  "already_queued",
  "changed_since_review",
  "codes_not_read",
  "foreign_codes",
  "nothing_to_send",
  "reports_arriving",
]);

/**
 * How many codes will be sent, as the worker counts them; while the decision about earlier jobs is
 * open, at most so many.
 */
export function leavingOf({ size, check, decisions }: Decided & { size: number }): number {
  return check.step === "checked" ? leavingIf(check, decisions.again) : size;
}

/** The same with another decision. */
export const leavingIf = ({ sends, before }: Checked, again: Again): number =>
  again === "skip" || !maySendAgain(before) ? sends.skip : sends.resend;

/** What another job is going to send would be sent by both. */
export const maySendAgain = ({ waiting }: Pick<Before, "waiting">): boolean => waiting === 0;

/** Of one program; `null` while it depends on an open decision. */
export function leavingOfProgram({ sends }: Answer, again: Again): number | null {
  if (again !== null) return sends[again];
  return sends.skip === sends.resend ? sends.skip : null;
}

export function mustType(reviewed: Reviewed): boolean {
  if (reviewed.isConfirmed || reviewed.check.step !== "checked") return false;
  const { foreign, codes } = reviewed.check.listed;
  const leaving = leavingOf(reviewed);
  if (foreign > 0 || leaving < 2) return false;
  return leaving > MANY || (codes !== null && leaving > codes / 2);
}

export const rejectedRows = ({
  rejected,
  isOfPeople,
}: Pick<Reviewed, "rejected" | "isOfPeople">): string =>
  isOfPeople
    ? `${number(rejected)} ${verb(rejected, "row", "rows")} without a match`
    : `${number(rejected)} rejected ${verb(rejected, "row", "rows")}`;

/** Why nothing can be distributed; empty if it can. */
export function obstacleOf(reviewed: Reviewed): string {
  const { check, decisions, rejected, obstacle } = reviewed;
  if (obstacle) return obstacle;
  if (check.step === "checking")
    return "Comparing the list with the program and with earlier jobs.";
  if (check.step !== "checked") {
    return "It is not known yet which of these codes are in an earlier job.";
  }
  const { before, listed } = check;
  if (listed.foreign > 0) {
    return `${number(listed.foreign)} of these ${verb(listed.foreign, "is", "are")} not in the program. Nothing is sent.`;
  }
  if (listed.fault !== null && !decisions.isUnchecked) {
    return "First decide whether to send the codes unchecked.";
  }
  const leaving = leavingOf(reviewed);
  if (leaving > 0 && before.total > 0 && decisions.again === null) {
    return "First decide about the codes that are in an earlier job.";
  }
  if (rejected > 0 && !decisions.leaveOutRejected) {
    return `First decide about the ${rejectedRows(reviewed)}, or correct the list.`;
  }
  if (leaving === 0) return "Nothing of this list is left to send.";
  if (mustType(reviewed) && decisions.typed.replaceAll(/\D/g, "") !== String(leaving)) {
    return "First type how many codes these are.";
  }
  return "";
}
