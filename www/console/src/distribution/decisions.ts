/** What the admin has decided about a list, and what stands in the way of sending it. */
import { number, verb } from "../format.js";
import type { Check } from "../lists/check.js";
import type { Again } from "../server/jobs.js";

export interface Decisions {
  leaveOutRejected: boolean;
  again: Again;
  /** Uber's list of codes can't be read, and they are sent all the same. */
  isUnchecked: boolean;
  /** The number of codes, as it was typed. */
  typed: string;
}

export const UNDECIDED: Decisions = {
  leaveOutRejected: false,
  again: null,
  isUnchecked: false,
  typed: "",
};

/** Above these, or above half of the program, the number is typed. */
const MANY = 1_000;

interface Reviewed {
  size: number;
  rejected: number;
  /** They are people who lead to no code. */
  isOfPeople?: boolean;
  check: Check;
  decisions: Decisions;
  obstacle: string;
  isConfirmed?: boolean;
}

/** How many codes leave, by what is decided; at most, while it is not. */
export function leavingOf({ size, check, decisions }: Reviewed): number {
  if (check.step !== "checked") return size;
  const { before, listed } = check;
  const blocked = decisions.again === "skip" ? before.total : before.used;
  return Math.max(0, size - blocked - listed.cancelled - listed.used);
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
    ? `${number(rejected)} ${verb(rejected, "row that leads", "rows that lead")} to no code`
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
    return "First decide whether the codes are sent unchecked.";
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
