/** What was chosen of how a job leaves. */
import type { CodeList } from "uber-vouchers";

import { linesOf } from "../lists/lines.js";
import type { Start } from "../server/jobs.js";

export interface How {
  /** It starts whether this page is open or not. */
  isKept: boolean;
  /** The code that goes first, alone; `null`: none does. */
  first: string | null;
}

const KEPT = "start-is-kept";

/** As it was chosen last in this browser. */
export function usualHow(): How {
  try {
    return { isKept: localStorage.getItem(KEPT) !== "no", first: null };
  } catch {
    return { isKept: true, first: null };
  }
}

export function noteHow({ isKept }: How): void {
  try {
    localStorage.setItem(KEPT, isKept ? "yes" : "no");
  } catch {
    // The next one is asked as if it were the first.
  }
}

export const startOf = ({ isKept }: How, seconds: number): Start =>
  seconds === 0 ? "now" : isKept ? seconds : "paused";

/** The list with this code at its beginning: exactly what is sent first. */
export async function withFirst(list: CodeList, first: string): Promise<Blob> {
  return new Blob([`${first}\n`, await linesOf(list, first)]);
}
