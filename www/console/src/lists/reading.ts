/** Reads a list out of what was dropped, chosen, pasted or selected. Nothing leaves the page. */
import {
  type CodeList,
  type ParseProgress,
  type ProgramLists,
  VoucherError,
  parseCodes,
  parseCodesByProgram,
} from "uber-vouchers";
import { useEffect, useRef, useState } from "preact/hooks";

import { announce, announceProgress } from "../announce.js";
import { codes, number } from "../format.js";
import { session } from "../server/session-state.js";
import { takeOver } from "./hand-over.js";
import { namesPrograms } from "./program-column.js";

/** A list that was read. */
export interface Draft {
  /** What was read: this is what is uploaded. */
  input: Blob;
  source: string;
  readMs: number;
  rows: number;
  valid: number;
  duplicates: number;
  rejectedCount: number;
  /** The first 1,000. */
  rejected: CodeList["rejected"];
  /** Where the file names programs: the codes of each. */
  programs: ReadonlyMap<string, CodeList> | null;
}

export type Reading =
  | { step: "empty"; fault: string | null }
  | { step: "reading"; source: string; totalBytes: number; progress: ParseProgress | null }
  | { step: "read"; draft: Draft };

export interface Reader {
  reading: Reading;
  read(input: Blob, source: string): Promise<void>;
  /** Ends the reading, or puts the list away. */
  clear(): void;
  /** Says why something can't be read. */
  refuse(fault: string): void;
}

const WORKBOOK = /\.(xlsx?|xlsm|numbers|ods)$/i;

/** Looking at another screen loses no list. */
const drafts = new Map<string, Draft>();
session.subscribe(() => {
  const now = session.get();
  if (now.state === "out" && !now.wasIn) drafts.clear();
});

/** `to` is a program's id, or `several`: then the file has to name the programs. */
export function useReader(to: string): Reader {
  const [reading, setReading] = useState<Reading>(() => {
    const draft = drafts.get(to);
    return draft ? { step: "read", draft } : { step: "empty", fault: null };
  });
  const current = useRef<AbortController | null>(null);
  useEffect(() => {
    const handed = takeOver(to);
    if (handed) void read(handed.input, handed.source);
    return () => current.current?.abort();
  }, []);

  const refuse = (fault: string) => {
    setReading({ step: "empty", fault });
    announce(fault);
  };
  const clear = () => {
    current.current?.abort();
    drafts.delete(to);
    setReading({ step: "empty", fault: null });
  };
  const read = async (input: Blob, source: string) => {
    current.current?.abort();
    drafts.delete(to);
    if (WORKBOOK.test(source)) {
      refuse(`${source} is a workbook. Save the sheet as CSV and drop that.`);
      return;
    }
    const controller = new AbortController();
    current.current = controller;
    const isCurrent = () => current.current === controller && !controller.signal.aborted;
    const totalBytes = input.size;
    setReading({ step: "reading", source, totalBytes, progress: null });

    let latest: ParseProgress | null = null;
    let frame = 0;
    const show = () => {
      frame = 0;
      if (isCurrent()) setReading({ step: "reading", source, totalBytes, progress: latest });
    };
    const onProgress = (progress: ParseProgress) => {
      latest = progress;
      frame ||= requestAnimationFrame(show);
      announceProgress(`${codes(progress.codes)} read.`);
    };
    const began = performance.now();
    try {
      const isSeveral = to === "several" || (await namesPrograms(input));
      const options = { signal: controller.signal, onProgress };
      const found = isSeveral
        ? ofSeveral(await parseCodesByProgram(input, options))
        : ofOne(await parseCodes(input, options));
      if (!isCurrent()) return;
      const rows = found.valid + found.duplicates + found.rejectedCount;
      const draft = { ...found, input, source, readMs: performance.now() - began, rows };
      drafts.set(to, draft);
      setReading({ step: "read", draft });
      const { valid, duplicates, rejectedCount } = found;
      announce(
        `${codes(valid)} valid, ${number(duplicates)} duplicate, ${number(rejectedCount)} rejected.`,
      );
    } catch (error) {
      if (!isCurrent()) return;
      const why = error instanceof VoucherError ? error.message : "It can’t be read";
      refuse(`${source} was not read: ${why}. Nothing was sent.`);
    } finally {
      cancelAnimationFrame(frame);
    }
  };
  return { reading, read, clear, refuse };
}

type Found = Pick<Draft, "valid" | "duplicates" | "rejectedCount" | "rejected" | "programs">;

const ofOne = ({ size, duplicates, rejectedCount, rejected }: CodeList): Found => ({
  valid: size,
  duplicates,
  rejectedCount,
  rejected,
  programs: null,
});

function ofSeveral({ programs, rejectedCount, rejected }: ProgramLists): Found {
  const lists = [...programs.values()];
  const sum = (of: (list: CodeList) => number) => lists.reduce((all, list) => all + of(list), 0);
  const found = new Map([...programs].filter(([, { size }]) => size > 0));
  return {
    valid: sum(({ size }) => size),
    duplicates: sum(({ duplicates }) => duplicates),
    rejectedCount,
    rejected,
    programs: found,
  };
}
