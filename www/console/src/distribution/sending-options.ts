/** The choices of how a job is sent. */
import type { CodeList } from "uber-vouchers";

import { linesOf } from "../lists/lines.js";
import type { Start } from "../server/jobs.js";

export interface SendingOptions {
  /** Whether the worker starts it, even if this page is closed. */
  isKept: boolean;
  /** The code that is sent first, alone; `null` for none. */
  first: string | null;
}

const KEPT = "start-is-kept";

/** The last choice in this browser. */
export function lastSendingOptions(): SendingOptions {
  try {
    return { isKept: localStorage.getItem(KEPT) !== "no", first: null };
  } catch {
    return { isKept: true, first: null };
  }
}

export function rememberSendingOptions({ isKept }: SendingOptions): void {
  try {
    localStorage.setItem(KEPT, isKept ? "yes" : "no");
  } catch {
    // For the next list, the choice is not preset.
  }
}

export const startOf = ({ isKept }: SendingOptions, seconds: number): Start =>
  seconds === 0 ? "now" : isKept ? seconds : "paused";

/** The list with this code at its beginning, since exactly the first code is sent first. */
export async function withFirst(list: CodeList, first: string): Promise<Blob> {
  return new Blob([`${first}\n`, await linesOf(list, first)]);
}
