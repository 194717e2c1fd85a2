/** A list that was read, and the file that it was read from. */
import type { CodeList } from "uber-vouchers";

import type { People } from "./people.js";
import type { Places } from "./places.js";
import type { Sheet } from "./workbook.js";

export interface File {
  /** Text: of a workbook, the sheet that is read. */
  input: Blob;
  source: string;
  /** What somebody has said; `null`: the names of the columns say it. */
  places: Places | null;
  sheets: { all: readonly Sheet[]; name: string } | null;
}

export interface Draft {
  file: File;
  /** This is what is uploaded. */
  input: Blob;
  source: string;
  readMs: number;
  rows: number;
  emptyRows: number;
  /** What the first row says, where it was taken for the name of the only column. */
  header: string | null;
  valid: number;
  duplicates: number;
  rejectedCount: number;
  /** Of a list of people: who leads to no code. Else they are codes. */
  people: People | null;
  /** The first 1,000. */
  rejected: CodeList["rejected"];
  /** Of one program: its codes. */
  list: CodeList | null;
  /** Where the file names programs: the codes of each. */
  programs: ReadonlyMap<string, CodeList> | null;
}
