/** Reads a list that was dropped, chosen, pasted or selected. Nothing is sent to a server. */
import { type ParseProgress, VoucherError } from "uber-vouchers";
import { useEffect, useRef, useState } from "preact/hooks";

import { announce, announceProgress } from "../announce.js";
import { codes, number } from "../format.js";
import { session } from "../server/session-state.js";
import type { Draft, File } from "./draft.js";
import type { ColumnNumbers } from "./column-numbers.js";
import { takeList } from "./list-transfer.js";
import {
  type JobName,
  forgetFile,
  forgetFiles,
  keepFile,
  keepForJobs,
  keptFile,
  noteOf,
} from "./kept-file.js";
import type { Preparation } from "./people.js";
import { previewOf } from "./preview.js";
import { Unreadable, type Unsure, readFile } from "./read-file.js";
import { isReturned } from "./returned.js";
import { isWorkbook, sheetsOf } from "./workbook.js";

export type { Draft } from "./draft.js";

export type Reading =
  | { step: "empty"; fault: string | null }
  | {
      step: "reading";
      source: string;
      totalBytes: number;
      progress: ParseProgress | null;
      /** Of a list of people: what is read first. */
      preparation?: Preparation | null;
    }
  /** The admin has to choose the columns. */
  | { step: "columns"; file: File; unsure: Unsure }
  | { step: "read"; draft: Draft };

export interface Reader {
  reading: Reading;
  read(input: Blob, source: string): Promise<void>;
  /** Reads the same file with these columns. */
  choose(file: File, numbers: ColumnNumbers): Promise<void>;
  /** Lets the admin choose other columns. */
  askColumns(file: File): Promise<void>;
  /** Reads another sheet of the workbook. */
  chooseSheet(file: File, name: string): Promise<void>;
  /** Aborts the read, or puts the list away. */
  clear(): void;
  /** Puts the list away until it is known whether these jobs send it. */
  putAside(jobs: readonly JobName[]): void;
  /** Shows why something can't be read. */
  refuse(fault: string): void;
}

/** Of a list of people, only the codes are kept. */
const codesOnly = ({ source, input, file: { bytes } }: Draft): File => ({
  input,
  source,
  bytes,
  places: null,
  sheets: null,
});

/** Of a workbook's sheets, the first one with a UUID is read, or with an address, or the first. */
const HOLDS = [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/i, /[^\s@,"]@[^\s@,"]/];

/** The list is kept when another screen is opened, and when the page is reloaded. */
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
    const handed = takeList(to);
    if (handed) void read(handed.input, handed.source);
    else if (!drafts.has(to)) void readKept();
    return () => current.current?.abort();
  }, []);

  const readKept = async () => {
    const controller = new AbortController();
    current.current = controller;
    const { signal } = controller;
    const jobs = noteOf(to)?.jobs;
    const onOpen = () => setReading({ step: "empty", fault: null });
    const isBack = jobs !== undefined && (await isReturned(jobs, signal, onOpen));
    const file = jobs && !isBack ? null : await keptFile(to);
    // The list may have been replaced or put away meanwhile.
    if (current.current !== controller || signal.aborted) return;
    if (file) return readAs(file, isBack);
    if (jobs) forgetFile(to);
    setReading({ step: "empty", fault: null });
  };
  const refuse = (fault: string) => {
    setReading({ step: "empty", fault });
    announce(fault);
  };
  const leave = () => {
    current.current?.abort();
    drafts.delete(to);
    setReading({ step: "empty", fault: null });
  };
  const clear = () => {
    leave();
    forgetFile(to);
  };
  const putAside = (jobs: readonly JobName[]) => {
    leave();
    keepForJobs(to, jobs);
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
    const file: File = { input, source, bytes: input.size, places: null, sheets: null };
    if (!(await isWorkbook(input))) return readAs(file);
    const { signal, isCurrent } = begin();
    setReading({ step: "reading", source, totalBytes: input.size, progress: null });
    const sheets = await sheetsOf(input, signal).catch(() => null);
    if (!isCurrent()) return;
    const [withCodes, withPeople] = HOLDS.map((what) => sheets?.find(({ csv }) => what.test(csv)));
    const chosen = withCodes ?? withPeople ?? sheets?.[0];
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

  const readAs = async (file: File, isBack = false) => {
    const { signal, isCurrent } = begin();
    const { input, source } = file;
    const totalBytes = input.size;
    let latest: ParseProgress | null = null;
    let preparation: Preparation | null = null;
    let frame = 0;
    const show = () => {
      frame = 0;
      const progress = latest;
      if (isCurrent()) setReading({ step: "reading", source, totalBytes, progress, preparation });
    };
    const onPrepare = (now: Preparation) => {
      preparation = now;
      frame ||= requestAnimationFrame(show);
      announceProgress(`${number(now.read)} ${now.what} of the program read.`);
    };
    const onProgress = (progress: ParseProgress) => {
      preparation = null;
      latest = progress;
      frame ||= requestAnimationFrame(show);
      announceProgress(`${codes(progress.codes)} read.`);
    };
    show();
    const began = performance.now();
    try {
      const options = { signal, onProgress, onPrepare };
      const found = await readFile(file, to === "several" ? null : to, options);
      if (!isCurrent()) return;
      if ("unsure" in found) {
        setReading({ step: "columns", file, unsure: found.unsure });
        announce("Choose the column.");
        return;
      }
      finish({ ...found, file, source, readMs: performance.now() - began, isReturned: isBack });
    } catch (error) {
      if (!isCurrent()) return;
      const why =
        error instanceof Unreadable || error instanceof VoucherError
          ? error.message
          : "It can’t be read.";
      refuse(`${source} was not read. ${why}`);
    } finally {
      cancelAnimationFrame(frame);
    }
  };
  const finish = (draft: Draft) => {
    drafts.set(to, draft);
    keepFile(to, draft.people === null ? draft.file : codesOnly(draft));
    setReading({ step: "read", draft });
    const { valid, duplicates, rejectedCount } = draft;
    announce(
      `${codes(valid)} valid, ${number(duplicates)} duplicate, ${number(rejectedCount)} rejected.`,
    );
  };
  const choose = (file: File, numbers: ColumnNumbers) => readAs({ ...file, places: numbers });
  const askColumns = async (file: File) => {
    const preview = await previewOf(file.input);
    setReading({
      step: "columns",
      file,
      unsure: { preview, isSeveral: to === "several", isAsked: true },
    });
  };
  const chooseSheet = async (file: File, name: string) => {
    const sheet = file.sheets?.all.find((one) => one.name === name);
    if (!file.sheets || !sheet) return;
    const sheets = { ...file.sheets, name };
    await readAs({ ...file, input: new Blob([sheet.csv]), places: null, sheets });
  };
  return { reading, read, choose, askColumns, chooseSheet, clear, putAside, refuse };
}
