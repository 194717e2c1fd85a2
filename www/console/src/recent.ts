/** The programs used last from this browser: before all others, in this order. */

const KEPT = 5;
const keyOf = (organizationId: string): string => `recent-programs:${organizationId}`;

function read(organizationId: string): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(organizationId)) ?? "[]");
    return Array.isArray(kept) ? kept.filter((id) => typeof id === "string") : [];
  } catch {
    return [];
  }
}

export function noteUse(organizationId: string, programId: string): void {
  const rest = read(organizationId).filter((id) => id !== programId);
  try {
    const kept = [programId, ...rest].slice(0, KEPT);
    localStorage.setItem(keyOf(organizationId), JSON.stringify(kept));
  } catch {
    // A browser without storage orders by Uber's answer.
  }
}

export function byRecentUse<T extends { id: string }>(
  organizationId: string,
  programs: readonly T[],
): { recent: T[]; others: T[] } {
  const rank = new Map(read(organizationId).map((id, place) => [id, place]));
  const rankOf = ({ id }: T) => rank.get(id) ?? Number.POSITIVE_INFINITY;
  const recent = programs.filter(({ id }) => rank.has(id));
  return {
    recent: recent.sort((one, other) => rankOf(one) - rankOf(other)),
    others: programs.filter(({ id }) => !rank.has(id)),
  };
}
