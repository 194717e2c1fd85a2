/** The selection of codes: by click, range, filter, or keyboard. */
import { useEffect, useRef, useState } from "preact/hooks";

import { useAction } from "../parts/use-action.js";
import type { WorkerError } from "../server/error.js";
import { type RangeEnd, forEachCode, selectBetween, selectCodes } from "../server/program-codes.js";
import type { CodeQuery, ProgramCode } from "../server/types.js";
import type { FoundCodes } from "./found-codes.js";

export interface Selection {
  codes: ReadonlySet<string>;
  /** Everything that is found now is selected. */
  isWhole: boolean;
  /** How many are not among what is found now; `null` where that is not known. */
  hidden: number | null;
  /** How many of how many codes were read so far. */
  progress: { read: number; of: number } | null;
  problem: WorkerError | null;
  /** Selects or deselects a code; with `isRange`, everything between the last one and this one. */
  toggle(index: number, row: ProgramCode | undefined, isRange: boolean): void;
  /** Selects all found codes too; or deselects them, if all are selected. */
  toggleAll(): void;
  clear(): void;
}

/** Where a range begins. */
interface Anchor extends RangeEnd {
  index: number;
  name: string;
}

export function useSelection(programId: string, query: CodeQuery, found: FoundCodes): Selection {
  // One set, which is changed in its place: it may have all codes of the program.
  const codes = useRef(new Set<string>());
  /** The queries under which codes were selected, and the one that is selected as a whole. */
  const names = useRef(new Set<string>());
  const whole = useRef<string | null>(null);
  const anchor = useRef<Anchor | null>(null);
  const stop = useRef(new AbortController());
  const [, redraw] = useState(0);
  const [progress, setProgress] = useState<Selection["progress"]>(null);
  const { act, problem } = useAction();
  useEffect(() => () => stop.current.abort(), []);

  const { name, page } = found;
  const count = page?.found ?? 0;
  const changed = () => {
    names.current.add(name);
    redraw((time) => time + 1);
  };
  const add = (code: string) => codes.current.add(code);
  const remove = (code: string) => {
    whole.current = null;
    return codes.current.delete(code);
  };

  /** Reads the missing ids, then selects all of them at once: a partial selection is never reviewed. */
  const readAll = (of: number, ends?: [RangeEnd, RangeEnd]) =>
    act(async () => {
      const { signal } = (stop.current = new AbortController());
      try {
        const onProgress = (read: number) => setProgress({ read, of });
        onProgress(0);
        const pieces = ends
          ? await selectBetween(programId, query, ends, { signal, onProgress })
          : await selectCodes(programId, query, { signal, onProgress });
        const before = codes.current.size;
        await forEachCode(pieces, add, signal);
        if (ends === undefined) {
          whole.current = name;
          if (codes.current.size === before) await forEachCode(pieces, remove, signal);
        }
        changed();
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        setProgress(null);
      }
    });

  return {
    codes: codes.current,
    isWhole: count > 0 && (whole.current === name || selectedOf(found.all()) === count),
    hidden: hiddenOf(),
    progress,
    problem,
    toggle(index, row, isRange) {
      if (row === undefined || page === null) return;
      const { current: start } = anchor;
      const end = (anchor.current = { index, row, name, readAt: page.readAt });
      if (isRange && start?.name === name) {
        const [first, last] = start.index < index ? [start.index, index] : [index, start.index];
        const rows = Array.from({ length: last - first + 1 }, (_, at) => found.at(first + at));
        if (rows.includes(undefined) || start.readAt !== end.readAt) {
          readAll(rows.length, [start, end]);
          return;
        }
        for (const one of rows) if (one) add(one.code);
      } else if (!remove(row.code)) add(row.code);
      changed();
    },
    toggleAll: () => readAll(count),
    clear() {
      stop.current.abort();
      codes.current = new Set();
      names.current.clear();
      whole.current = null;
      redraw((time) => time + 1);
    },
  };

  function hiddenOf(): number | null {
    const { size } = codes.current;
    const isEverything = query.filter === "all" && query.find === "" && query.codes.length === 0;
    if (isEverything || [...names.current].every((one) => one === name)) return 0;
    if (whole.current === name) return size - count;
    const selected = selectedOf(found.all());
    return selected === null ? null : size - selected;
  }

  function selectedOf(rows: readonly ProgramCode[] | null): number | null {
    return rows && rows.filter(({ code }) => codes.current.has(code)).length;
  }
}
