/** The programs used last from this browser. */

const KEPT = 5;
const keyOf = (organizationId: string): string => `recent-programs:${organizationId}`;

export function recentPrograms(organizationId: string): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(organizationId)) ?? "[]");
    return Array.isArray(kept) ? kept.filter((id) => typeof id === "string") : [];
  } catch {
    return [];
  }
}

export function noteProgram(organizationId: string, programId: string): void {
  const rest = recentPrograms(organizationId).filter((id) => id !== programId);
  try {
    localStorage.setItem(
      keyOf(organizationId),
      JSON.stringify([programId, ...rest].slice(0, KEPT)),
    );
  } catch {
    // A browser without storage orders by Uber's answer.
  }
}
