/** Which codes are selected: by a click, a range, a filter, or the keyboard. */
import { useState } from "preact/hooks";

import type { ProgramCode } from "../server/types.js";

export interface Selection {
  codes: ReadonlySet<string>;
  /** Selects it or not; with `isRange` everything from the last one to it. */
  toggle(index: number, isRange: boolean): void;
  /** Selects these too; or none of them, if all are. */
  toggleAll(rows: readonly ProgramCode[]): void;
  clear(): void;
}

export function useSelection(rows: readonly ProgramCode[]): Selection {
  const [codes, setCodes] = useState<ReadonlySet<string>>(new Set());
  const [anchor, setAnchor] = useState<string | null>(null);
  return {
    codes,
    toggle(index, isRange) {
      const row = rows[index];
      if (row === undefined) return;
      const from = isRange ? rows.findIndex(({ code }) => code === anchor) : -1;
      const next = new Set(codes);
      if (from === -1) {
        if (!next.delete(row.code)) next.add(row.code);
      } else {
        const [first, last] = from < index ? [from, index] : [index, from];
        for (const { code } of rows.slice(first, last + 1)) next.add(code);
      }
      setAnchor(row.code);
      setCodes(next);
    },
    toggleAll(all) {
      const next = new Set(codes);
      const isWhole = all.every(({ code }) => next.has(code));
      for (const { code } of all) {
        if (isWhole) next.delete(code);
        else next.add(code);
      }
      setCodes(next);
    },
    clear: () => setCodes(new Set()),
  };
}
