/** The properties of each status of a job. A new status does not compile without an entry here. */
import type { JobStatus } from "../../types.js";

/** The actions on a job, by the last segment of the path. */
type Action =
  | ("pause" | "start" | "resume" | "abandon" | "cancel")
  | ("approve" | "resolve" | "drop" | "reconcile");

/**
 * - `open`: counted when everything is paused or resumed.
 * - `listed`: its list exists, so its results can be read.
 * - `started`: it was started, or created paused, and its journal is still there.
 * - `resting`: nothing is sent automatically, and unknown codes wait for an operator.
 * - `stuck`: it is shown even if it began as a single call.
 * - `active`, `deciding`, `unapproved`: its group in the overview.
 * - An action: it is allowed.
 */
export type Trait =
  | "open"
  | "listed"
  | "started"
  | "resting"
  | "stuck"
  | "active"
  | "deciding"
  | "unapproved"
  | Action;

const SENT = ["open", "listed", "started", "cancel", "resolve", "reconcile", "resume"] as const;

const TRAITS: Record<JobStatus, readonly Trait[]> = {
  creating: ["open"],
  held: ["open", "listed"],
  unapproved: ["open", "listed", "unapproved", "cancel", "approve"],
  scheduled: ["open", "listed", "active", "pause", "start", "resume", "cancel"],
  running: [...SENT, "active", "pause"],
  // In the overview only if it has sent something: see `overviewOf`.
  paused: [...SENT, "resting", "stuck", "deciding", "pause", "start", "abandon"],
  halted: [...SENT, "resting", "stuck", "deciding", "abandon"],
  undecided: [
    ...(["open", "listed", "started", "resting", "stuck", "deciding"] as const),
    ...(["resolve", "reconcile", "resume"] as const),
  ],
  // The core refuses a decision, because nothing is unknown.
  finished: ["listed", "started", "resolve", "reconcile"],
  // Cancelling it again changes nothing.
  cancelled: ["cancel"],
  expired: [],
  unreadable: ["stuck", "deciding", "drop"],
  dropped: ["stuck"],
};

// eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- Its keys are all there are.
export const STATUSES = Object.keys(TRAITS) as JobStatus[];

/** Whether a status has a trait. */
export const hasTrait = (status: JobStatus, trait: Trait): boolean =>
  TRAITS[status].includes(trait);

/** The statuses that have a trait. */
export const statusesWith = (trait: Trait): JobStatus[] =>
  STATUSES.filter((status) => hasTrait(status, trait));
