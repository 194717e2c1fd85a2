/** The words for what is known of a code: the same everywhere, never a synonym. */
import { number } from "./format.js";
import type {
  CodeState,
  EventSummary,
  JobProgress,
  JobStatus,
  JobSummary,
} from "./server/types.js";

export type State = CodeState;

/** In the order in which they are shown: what is settled first. */
export const STATES = [
  "distributed",
  "queued",
  "sending",
  "pending",
  "unknown",
  "failed",
  "rejected",
  "abandoned",
] as const satisfies State[];

export const SENTENCES: Record<State, string> = {
  pending: "Not sent yet.",
  sending: "In a request that is under way. Uber has not answered yet.",
  queued: "Uber accepted these. Delivery is reported later.",
  distributed: "Reported by Uber: delivered, or in use by its recipient.",
  failed: "Reported by Uber: not delivered, with its reason.",
  rejected: "Uber refused this request. Nothing was queued.",
  unknown:
    "The connection broke after sending. Uber may or may not have queued these. Nothing is sent again until you decide.",
  abandoned: "You decided: they are not sent, or not looked after.",
};

/** What a state rests on. */
export const EVIDENCE = {
  answer: "by Uber’s answer",
  webhook: "by Uber’s webhook",
  usage: "by its use",
  operator: "by an operator’s decision",
} as const;

/** What counts while a list is read. */
export const COUNTS = {
  valid: "Distinct codes, each in the form of a UUID.",
  duplicate: "Valid codes that stood in the list before. Each code is sent once.",
  rejected: "Rows that are no code. They are never sent. Empty rows are not among them.",
  matched: "Distinct codes of the guests that were found.",
  notGuest: "No guest of this program has this address, number or code_text.",
  twoGuests: "It leads to more than one guest, so none of them is taken.",
  noCode: "The guest was found, and has no code in this program.",
  foreign: "Codes that Uber does not list in the program. Nothing is sent while there are any.",
  before:
    "Codes that an earlier job here has sent, may have sent, or is going to send. You decide what becomes of them.",
} as const;

export const NOT_YET =
  "No job here has sent them: none has them, or Uber rejected them. Cancelled codes are left out.";

/** A job that would run, if not everything were paused. */
export const HELD = {
  word: "Paused",
  sentence: "Everything is paused. It goes on by itself once that is resumed.",
  tone: "warn",
} as const;

/** It runs, and Uber wants it to be slower, or there is no token to be had. */
export const WAITING = {
  word: "Waiting",
  sentence: "Nothing leaves for the moment. It goes on by itself.",
  tone: "warn",
} as const;

/** It should run, and the worker has not heard of it for minutes. */
export const SILENT = {
  word: "Not heard of",
  sentence:
    "It should run, and has not been heard of for some minutes. The worker asks for it again and again.",
  tone: "bad",
} as const;

export interface Word {
  word: string;
  sentence: string;
  tone: "calm" | "live" | "good" | "warn" | "bad";
  /** The sign beside it, where it is not the tone's. */
  sign?: string;
}

/** A job in a word, and what that means for its codes. */
export function jobWord(status: JobStatus, progress: JobProgress): Word {
  switch (status) {
    case "creating":
    case "held":
      return {
        word: "Beginning",
        sentence: "It is being created. Nothing has left.",
        tone: "calm",
      };
    case "unapproved":
      return {
        word: "Needs approval",
        sentence: "It waits for another operator. Nothing has left.",
        tone: "warn",
      };
    case "scheduled":
      return {
        word: "About to start",
        sentence: "It starts by itself. Nothing has left, and it can be cancelled.",
        tone: "live",
      };
    case "cancelled":
      return {
        word: "Cancelled",
        sentence: "Nothing of it has left, or ever will. Its codes are free.",
        tone: "calm",
      };
    case "running":
      return { word: "Running", sentence: "Codes are leaving, batch by batch.", tone: "live" };
    case "paused":
      return { word: "Paused", sentence: "Nothing leaves until it is resumed.", tone: "warn" };
    case "halted":
      return {
        word: "Halted",
        sentence: "It stopped by itself. Nothing leaves until it is resumed.",
        tone: "bad",
      };
    case "undecided":
      return {
        word: "Needs a decision",
        sentence: "Some codes are unknown. Nothing is sent again until you decide.",
        tone: "warn",
      };
    case "finished":
      return progress.queued > 0
        ? {
            word: "Awaiting reports",
            sentence: "Nothing is left to send. Uber has not reported all deliveries yet.",
            tone: "live",
          }
        : endWord(progress);
    case "expired":
      return {
        word: "Expired",
        sentence: "Its list was deleted after its retention. The figures stay.",
        tone: "calm",
      };
    case "unreadable":
      return {
        word: "Can’t be read",
        sentence: "It was set aside. Nothing of it leaves, and its codes count as unknown.",
        tone: "bad",
      };
    case "dropped":
      return {
        word: "Dropped",
        sentence:
          "An operator deleted its journal, which could not be read. The figures are the last that were known.",
        tone: "calm",
      };
  }
}

/** What did not reach anybody, the worst first. */
const MISSED = ["rejected", "failed", "abandoned"] as const satisfies State[];

/** How a job ended: well only if every code reached its recipient. */
function endWord(progress: JobProgress): Word {
  const missed = MISSED.filter((state) => progress[state] > 0)
    .map((state) => `${number(progress[state])} ${state}`)
    .join(", ");
  if (progress.distributed === 0) {
    return {
      word: `Ended: ${missed}`,
      sentence: "Nothing is left to send, and no code has reached its recipient.",
      tone: progress.rejected + progress.failed > 0 ? "bad" : "calm",
    };
  }
  return {
    word: missed === "" ? "Settled" : `Settled: ${missed}`,
    sentence: "Nothing is left to send, and nothing is left to be reported.",
    tone: missed === "" ? "good" : "calm",
  };
}

/** An event in a word: whether it was read. */
export function eventWord({
  status,
  isDismissed,
}: Pick<EventSummary, "status" | "isDismissed">): Word {
  switch (status) {
    case "read":
      return {
        word: "Read",
        sentence: "What it reports was read, and counts for its codes.",
        tone: "good",
      };
    case "unread":
      return isDismissed
        ? {
            word: "Dealt with",
            sentence: "It could not be read, and an operator has dealt with it.",
            tone: "calm",
          }
        : {
            word: "Unread",
            sentence:
              "It reports a distribution, and what it reports could not be read. It is kept until you deal with it.",
            tone: "warn",
            sign: "unknown",
          };
    case "other":
      return {
        word: "No report",
        sentence: "It does not report a distribution, so there is nothing to read in it.",
        tone: "calm",
      };
  }
}

/** Whether a job has yet to begin, or never will. */
export const hasNotBegun = (status: JobStatus): boolean =>
  status === "scheduled" || status === "unapproved" || status === "cancelled";

/** Whether the first codes have left, and nothing after them. */
export const isAfterFirst = ({ status, pauseAfter, progress }: JobSummary): boolean =>
  status === "paused" &&
  pauseAfter !== null &&
  progress.pending > 0 &&
  progress.pending === progress.total - pauseAfter;

/** Whether there is a list to be read, code by code. */
export const hasList = (status: JobStatus): boolean =>
  status !== "cancelled" && status !== "expired" && status !== "unreadable" && status !== "dropped";

export const PROGRAM_STATUS: Record<string, { label: string; sentence: string }> = {
  UPCOMING: { label: "Upcoming", sentence: "Uber says that this program has not begun." },
  ACTIVE: { label: "Active", sentence: "Uber says that this program is running." },
  COMPLETE: { label: "Complete", sentence: "Uber says that this program has ended." },
  CANCELED: { label: "Cancelled", sentence: "Uber says that this program was cancelled." },
};
