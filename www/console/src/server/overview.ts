/** What needs somebody, and what is under way, over all programs. */
import { reload, useResource } from "./resource.js";
import type { JobSummary } from "./types.js";

const PATH = "/api/overview";
const EVERY_MS = 5_000;

export interface Overview {
  /** They send, or start by themselves. */
  running: JobSummary[];
  /** Something stopped them, or something of them is unknown. */
  deciding: JobSummary[];
  /** They wait for another operator. */
  unapproved: JobSummary[];
  unreadEvents: number;
}

export const useOverview = () => useResource<Overview>(PATH, { everyMs: EVERY_MS });

/** Reads it now, also where nobody looks at the page. */
export const readOverview = (): void => void reload(PATH);

/** How many jobs wait for somebody. */
export function useWaiting(): number {
  const { value } = useOverview();
  return value === null ? 0 : value.deciding.length + value.unapproved.length;
}
