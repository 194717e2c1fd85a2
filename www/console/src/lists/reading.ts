/** Reads a list out of what was dropped, chosen, pasted or selected. Nothing leaves the page. */
import { type ParseProgress, VoucherError } from "uber-vouchers";
import { useEffect, useRef, useState } from "preact/hooks";

import { announce, announceProgress } from "../announce.js";
import { codes, number } from "../format.js";
import { session } from "../server/session-state.js";
import type { Draft, File } from "./draft.js";
import type { Places } from "./places.js";
import { takeOver } from "./hand-over.js";
import { forgetFile, forgetFiles, keepFile, keptFile, noteOf } from "./kept-file.js";
import { forAdmins } from "./kinds.js";
import { type Found, Unreadable, type Unsure, readFile } from "./read-file.js";
import { isWorkbook, sheetsOf } from "./workbook.js";

export type { Draft } from "./draft.js";

export type Reading =
  | { step: "empty"; fault: string | null }
  | { step: "reading"; source: string; totalBytes: number; progress: ParseProgress | null }
  /** Somebody has to say which column is which. */
  | { step: "columns"; file: File; unsure: Unsure }
  | { step: "read"; draft: Draft };

export interface Reader {
  reading: Reading;
  read(input: Blob, source: string): Promise<void>;
  /** Reads the same file by these columns. */
  choose(file: File, places: Places): Promise<void>;
  /** Reads another sheet of the workbook. */
  chooseSheet(file: File, name: string): Promise<void>;
  /** Ends the reading, or puts the list away. */
  clear(): void;
  /** Says why something can't be read. */
  refuse(fault: string): void;
}

/** What is kept of a list of people are their codes. */
const codesOnly = ({ source }: File, { input }: Found): File => ({
  input,
  source,
  places: null,
  sheets: null,
});

/** Of a workbook's sheets, the first with a UUID is read, or the first. */
const HOLDS_CODES = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;

/** Looking at another screen loses no list; nor does a reload. */
const drafts = new Map<string, Draft>();
session.subscribe(() => {
  const now = session.get();
  if (now.state !== "out" || now.wasIn) return;
  drafts.clear();
  forgetFiles();
});

/** `to` is a program's id, or `several`: then the file has to name the programs. */
export function useReader(to: string): Reader {
  const [reading, setReading] = useState<Reading>(() => {
    const draft = drafts.get(to);
    if (draft) return { step: "read", draft };
    const note = noteOf(to);
    return note
      ? { step: "reading", source: note.source, totalBytes: note.bytes, progress: null }
      : { step: "empty", fault: null };
  });
  const current = useRef<AbortController | null>(null);
  useEffect(() => {
    const handed = takeOver(to);
    if (handed) void read(handed.input, handed.source);
    else if (!drafts.has(to)) void readKept();
    return () => current.current?.abort();
  }, []);

  const readKept = async () => {
    const controller = new AbortController();
    current.current = controller;
    const file = await keptFile(to);
    // Another list may have come meanwhile, or this one was put away.
    if (current.current !== controller || controller.signal.aborted) return;
    if (file) await readAs(file);
    else setReading({ step: "empty", fault: null });
  };
  const refuse = (fault: string) => {
    setReading({ step: "empty", fault });
    announce(fault);
  };
  const clear = () => {
    current.current?.abort();
    drafts.delete(to);
    forgetFile(to);
    setReading({ step: "empty", fault: null });
  };
  const begin = () => {
    current.current?.abort();
    const controller = new AbortController();
    current.current = controller;
    drafts.delete(to);
    forgetFile(to);
    return {
      signal: controller.signal,
      isCurrent: () => current.current === controller && !controller.signal.aborted,
    };
  };

  const read = async (input: Blob, source: string) => {
    const file: File = { input, source, places: null, sheets: null };
    if (!(await isWorkbook(input))) return readAs(file);
    const { signal, isCurrent } = begin();
    setReading({ step: "reading", source, totalBytes: input.size, progress: null });
    const sheets = await sheetsOf(input, signal).catch(() => null);
    if (!isCurrent()) return;
    const chosen = sheets?.find(({ csv }) => HOLDS_CODES.test(csv)) ?? sheets?.[0];
    if (!sheets || chosen === undefined) {
      refuse(`${source} is a workbook that can’t be read here. Save the sheet as CSV.`);
      return;
    }
    await readAs({
      ...file,
      input: new Blob([chosen.csv]),
      sheets: { all: sheets, name: chosen.name },
    });
  };

  const readAs = async (file: File) => {
    const { signal, isCurrent } = begin();
    const { input, source } = file;
    const totalBytes = input.size;
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
    show();
    const began = performance.now();
    try {
      const found = await readFile(file, to === "several" ? null : to, { signal, onProgress });
      if (!isCurrent()) return;
      if ("unsure" in found) {
        setReading({ step: "columns", file, unsure: found.unsure });
        announce("Say which column holds the codes.");
        return;
      }
      finish(file, found, performance.now() - began);
    } catch (error) {
      if (!isCurrent()) return;
      const why =
        error instanceof Unreadable || error instanceof VoucherError
          ? forAdmins(error.message)
          : "It can’t be read.";
      refuse(`${source} was not read. ${why}`);
    } finally {
      cancelAnimationFrame(frame);
    }
  };
  const finish = (file: File, found: Found, readMs: number) => {
    const draft: Draft = { ...found, file, source: file.source, readMs };
    drafts.set(to, draft);
    keepFile(to, found.people === null ? file : codesOnly(file, found));
    setReading({ step: "read", draft });
    const { valid, duplicates, rejectedCount } = found;
    announce(
      `${codes(valid)} valid, ${number(duplicates)} duplicate, ${number(rejectedCount)} rejected.`,
    );
  };
  const choose = (file: File, places: Places) => readAs({ ...file, places });
  const chooseSheet = async (file: File, name: string) => {
    const sheet = file.sheets?.all.find((one) => one.name === name);
    if (!file.sheets || !sheet) return;
    const sheets = { ...file.sheets, name };
    await readAs({ ...file, input: new Blob([sheet.csv]), places: null, sheets });
  };
  return { reading, read, choose, chooseSheet, clear, refuse };
}
