/** The audit trail: who did what, when and why. */
import { getJson } from "./request.js";
import { type AuditEntry, type AuditPage, LIMITS } from "./types.js";

export interface AuditQuery {
  program?: string;
  job?: string;
  /** Contained in one of its texts. */
  find?: string;
  /** Ids of programs, joined by commas, whose entries are found too. */
  programs?: string;
}

const PAGE = 50;

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

/** The whole audit trail, for a file. */
export async function readWholeAudit(query: AuditQuery): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for (let before: string | null = null; ;) {
    const page: AuditPage = await getJson(pathOfAudit(query, LIMITS.rowsPerPage, before));
    entries.push(...page.entries);
    if (page.next === null) return entries;
    before = page.next;
  }
}
