/** The words for the states of codes and jobs: the same everywhere, without synonyms. */
import { number } from "./format.js";
import type {
  CodeState,
  EventSummary,
  JobProgress,
  JobStatus,
  JobSummary,
} from "./server/types.js";

export type State = CodeState;

/** In the order in which they are shown: settled states first. */
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
  sending: "In a request that is under way. Uber has not responded yet.",
  queued: "Uber accepted these. Delivery is reported later.",
  distributed: "Reported by Uber: delivered, or in use by its recipient.",
  failed: "Reported by Uber: not delivered, with its reason.",
  rejected: "Uber refused this request. Nothing was queued.",
  unknown:
    "The connection broke after sending. Uber may or may not have queued these. Nothing is sent again until you decide.",
  abandoned: "You decided not to send them, or not to track them any more.",
};

/** The sources of a state. */
export const EVIDENCE = {
  answer: "by Uber’s response",
  webhook: "by Uber’s webhook",
  usage: "by its use",
  operator: "by an operator’s decision",
} as const;

/** The counts while a list is read. */
export const COUNTS = {
  valid: "Distinct codes, each in the form of a UUID.",
  duplicate: "Valid codes that occur earlier in the list. Each code is sent once.",
  rejected: "Rows that are not codes. They are never sent. Empty rows are not among them.",
  matched: "Distinct codes of the matched guests.",
  notFound: "No guest of this program has this address or number, and no code this code_text.",
  twoGuests: "It matches more than one guest, so none of them is used.",
  noCode: "The guest was found, but has no code in this program.",
  foreign: "Codes that Uber does not list in the program. Nothing is sent while there are any.",
  before:
    "Codes that another job here has sent, may have sent, or is going to send. You decide what happens to them.",
} as const;

export const NOT_YET =
  "No job here has sent them: none has them, or Uber rejected them. Cancelled codes are left out.";

/** A job that would run if not everything were paused. */
export const HELD = {
  word: "Paused",
  sentence: "Everything is paused. The job continues when everything is resumed.",
  tone: "warn",
} as const;

/** It runs, but Uber asked it to be slower, or no token is available. */
export const WAITING = {
  word: "Waiting",
  sentence: "Nothing is sent at the moment. It continues automatically.",
  tone: "warn",
} as const;

/** It should run, but has not reported to the worker for minutes. */
export const SILENT = {
  word: "Not responding",
  sentence:
    "It should be running, but has not reported for some minutes. The worker keeps waking it.",
  tone: "bad",
} as const;

export interface Word {
  word: string;
  sentence: string;
  tone: "calm" | "live" | "good" | "warn" | "bad";
  /** The icon beside it, if it is not that of the tone. */
  sign?: string;
}

/** The word for a job's status, and what it means for its codes. */
export function jobWord(status: JobStatus, progress: JobProgress): Word {
  switch (status) {
    case "creating":
    case "held":
      return {
        word: "Starting",
        sentence: "It is being created. Nothing was sent.",
        tone: "calm",
      };
    case "unapproved":
      return {
        word: "Needs approval",
        sentence: "It waits for another operator. Nothing was sent.",
        tone: "warn",
      };
    case "scheduled":
      return {
        word: "About to start",
        sentence: "It starts automatically. Nothing was sent, and it can be cancelled.",
        tone: "live",
      };
    case "cancelled":
      return {
        word: "Cancelled",
        sentence: "It sent nothing, and never will. Its codes are free.",
        tone: "calm",
      };
    case "running":
      return { word: "Running", sentence: "Codes are being sent, batch by batch.", tone: "live" };
    case "paused":
      return { word: "Paused", sentence: "Nothing is sent until it is resumed.", tone: "warn" };
    case "halted":
      return {
        word: "Halted",
        sentence: "It stopped. Nothing is sent until it is resumed.",
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
        sentence: "Its list was deleted after its retention. The figures are kept.",
        tone: "calm",
      };
    case "unreadable":
      return {
        word: "Can’t be read",
        sentence: "It was set aside. It sends nothing, and its codes count as unknown.",
        tone: "bad",
      };
    case "dropped":
      return {
        word: "Dropped",
        sentence:
          "An operator deleted its journal, which could not be read. The figures are the last known ones.",
        tone: "calm",
      };
  }
}

/** The states that did not reach anybody, the worst first. */
const MISSED = ["rejected", "failed", "abandoned"] as const satisfies State[];

/** How a job ended: successful only if every code reached its recipient. */
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
    sentence: "Nothing is left to send or to be reported.",
    tone: missed === "" ? "good" : "calm",
  };
}

/** The word for an event: whether it was read. */
export function eventWord({
  status,
  isDismissed,
}: Pick<EventSummary, "status" | "isDismissed">): Word {
  switch (status) {
    case "read":
      return {
        word: "Read",
        sentence: "Its report was read, and applied to its codes.",
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
              "It reports a distribution, but could not be read. It is kept until you deal with it.",
            tone: "warn",
            sign: "unknown",
          };
    case "other":
      return {
        word: "No report",
        sentence: "It does not report a distribution, so there is nothing to read.",
        tone: "calm",
      };
  }
}

/** Whether something was sent, or may have been. */
export const hasLeft = ({ progress }: Pick<JobSummary, "progress">): boolean =>
  progress.requests > 0 || progress.pending < progress.total;

/** Whether the first codes were sent, and nothing after them. */
export const isAfterFirst = ({ status, pauseAfter, progress }: JobSummary): boolean =>
  status === "paused" &&
  pauseAfter !== null &&
  progress.pending > 0 &&
  progress.pending === progress.total - pauseAfter;

export const PROGRAM_STATUS: Record<string, { label: string; sentence: string }> = {
  UPCOMING: { label: "Upcoming", sentence: "Uber says that this program has not begun." },
  ACTIVE: { label: "Active", sentence: "Uber says that this program is running." },
  COMPLETE: { label: "Complete", sentence: "Uber says that this program has ended." },
  CANCELED: { label: "Cancelled", sentence: "Uber says that this program was cancelled." },
};
