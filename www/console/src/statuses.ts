/**
 * The properties of each status of a job for the console. A new status does not compile without an
 * entry here.
 */
import type { JobStatus } from "./server/types.js";

/**
 * - `not-begun`: it has not begun yet, or never will.
 * - `listed`: its list can be read, code by code.
 * - `moving`: it continues automatically, so its result is announced again.
 * - `news`: the browser announces it.
 * - `awaited`: somebody may want to be notified of its result.
 */
type Trait = "not-begun" | "listed" | "moving" | "news" | "awaited";

const TRAITS: Record<JobStatus, readonly Trait[]> = {
  creating: ["listed"],
  held: ["listed"],
  unapproved: ["not-begun", "listed", "news", "awaited"],
  scheduled: ["not-begun", "listed", "moving", "awaited"],
  running: ["listed", "moving", "awaited"],
  paused: ["listed"],
  halted: ["listed", "news"],
  undecided: ["listed", "news"],
  finished: ["listed", "news"],
  cancelled: ["not-begun"],
  expired: [],
  unreadable: ["news"],
  dropped: [],
};

const having =
  (trait: Trait) =>
  (status: JobStatus): boolean =>
    TRAITS[status].includes(trait);

export const hasNotBegun = having("not-begun");
export const hasList = having("listed");
export const isMoving = having("moving");
export const isNews = having("news");
export const isAwaited = having("awaited");
