/** The words for what is known of a code: the same everywhere, never a synonym. */

export type State =
  | "pending"
  | "sending"
  | "queued"
  | "distributed"
  | "failed"
  | "rejected"
  | "unknown"
  | "abandoned";

/** One word for a whole job. */
export type JobState = Exclude<State, "distributed" | "failed">;

/** In the order in which they are shown. */
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
  sending: "In a request that is under way. No answer from Uber yet.",
  queued: "Uber accepted these. Delivery is reported later.",
  distributed: "Reported by Uber, with its reason.",
  failed: "Reported by Uber, with its reason.",
  rejected: "Uber refused this request. Nothing was queued.",
  unknown:
    "The connection broke after sending. Uber may or may not have queued these. Nothing is sent again until you decide.",
  abandoned: "You decided: not sent, or not looked after.",
};

/** What counts while a list is read. */
export const COUNTS = {
  valid: "Distinct codes, each in the form of a UUID.",
  duplicate: "Valid codes that stood in the list before. Each code is sent once.",
  rejected: "Rows that are no code. They are never sent.",
} as const;

export const PROGRAM_STATUS: Record<string, { label: string; sentence: string }> = {
  UPCOMING: { label: "Upcoming", sentence: "Uber says that this program has not begun." },
  ACTIVE: { label: "Active", sentence: "Uber says that this program is running." },
  COMPLETE: { label: "Complete", sentence: "Uber says that this program has ended." },
  CANCELED: { label: "Canceled", sentence: "Uber says that this program was canceled." },
};
