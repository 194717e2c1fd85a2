/** The audit trail: who did what, when and why. */
import { getJson } from "./request.js";
import type { AuditEntry, AuditPage } from "./types.js";

export interface AuditQuery {
  program?: string;
  job?: string;
  /** Contained in one of its texts. */
  find?: string;
}

const PAGE = 50;
const LONGEST_PAGE = 200;

export const pathOfAudit = (
  query: AuditQuery,
  limit = PAGE,
  before: string | null = null,
): string =>
  `/api/audit?${new URLSearchParams({
    limit: String(limit),
    ...(before !== null && { before }),
    ...query,
  })}`;

export const readAudit = (query: AuditQuery, before: string | null): Promise<AuditPage> =>
  getJson<AuditPage>(pathOfAudit(query, PAGE, before));

/** All of it, for a file. */
export async function readWholeAudit(query: AuditQuery): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for (let before: string | null = null; ;) {
    const page: AuditPage = await getJson(pathOfAudit(query, LONGEST_PAGE, before));
    entries.push(...page.entries);
    if (page.next === null) return entries;
    before = page.next;
  }
}
