/** The list that is being prepared for each program, for as long as the page lives. */
import type { CodeList } from "uber-vouchers";

export interface Draft {
  list: CodeList;
  /** A file's name, or "pasted". */
  source: string;
  /** How long reading it took, and how much it was. */
  readMs: number;
  rows: number;
  bytes: number;
}

const drafts = new Map<string, Draft>();

export const draftOf = (programId: string): Draft | null => drafts.get(programId) ?? null;

export function keepDraft(programId: string, draft: Draft | null): void {
  if (draft) drafts.set(programId, draft);
  else drafts.delete(programId);
}
