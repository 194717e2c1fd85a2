/** A list that was read, and the file that it was read from. */
import type { CodeList } from "uber-vouchers";

import type { People } from "./people.js";
import type { ColumnNumbers } from "./column-numbers.js";
import type { Sheet } from "./workbook.js";

export interface File {
  /** Text; of a workbook, the sheet that is read. */
  input: Blob;
  source: string;
  /** The size of the file as it was given. */
  bytes: number;
  /** The admin's choice of columns; `null`: the header decides. */
  places: ColumnNumbers | null;
  sheets: { all: readonly Sheet[]; name: string } | null;
}

export interface Draft {
  file: File;
  /** The text that is uploaded. */
  input: Blob;
  source: string;
  readMs: number;
  /** A job of this list was cancelled before it sent anything. */
  isReturned: boolean;
  rows: number;
  emptyRows: number;
  /** Of a list of people; otherwise 0. */
  columns: number;
  /** The first row, if it was taken for the name of the only column. */
  header: string | null;
  valid: number;
  duplicates: number;
  rejectedCount: number;
  /** For a list of people: the rows without a code. Otherwise it is a list of codes. */
  people: People | null;
  /** The first 1,000. */
  rejected: CodeList["rejected"];
  /** The codes, if the list is for one program. */
  list: CodeList | null;
  /** The codes of each program, if the file names programs. */
  programs: ReadonlyMap<string, CodeList> | null;
}
