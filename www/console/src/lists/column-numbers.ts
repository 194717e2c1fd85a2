import type { Look } from "./preview.js";

/** The numbers of the columns, from 1. */
export interface ColumnNumbers {
  column: number;
  /** What the column seems to contain. */
  look: Look | null;
  programColumn?: number;
  /** Telephone numbers, beside a column of e-mail addresses. */
  phoneColumn?: number;
}
