/** The jobs of all programs that need an operator, and those that are under way. */
import { reload, useResource } from "./resource.js";
import type { Overview } from "./types.js";

const PATH = "/api/overview";
const EVERY_MS = 5_000;

export const useOverview = () => useResource<Overview>(PATH, { everyMs: EVERY_MS });

/** Reads it now, even if the page is hidden. */
export const readOverview = (): void => void reload(PATH);

/** How many jobs need an operator. */
export function useWaiting(): number {
  const { value } = useOverview();
  return value === null ? 0 : value.deciding.length + value.unapproved.length;
}
