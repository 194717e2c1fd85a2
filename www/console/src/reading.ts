/** Reads a list out of what was dropped, chosen or pasted. */
import { type ParseProgress, VoucherError, parseCodes } from "uber-vouchers";
import { useEffect, useRef, useState } from "preact/hooks";

import { announce, announceProgress } from "./announce.js";
import { type Draft, draftOf, keepDraft } from "./drafts.js";
import { codes, number } from "./format.js";

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

export function useReader(programId: string): Reader {
  const [reading, setReading] = useState<Reading>(() => {
    const draft = draftOf(programId);
    return draft ? { step: "read", draft } : { step: "empty", fault: null };
  });
  const current = useRef<AbortController | null>(null);
  useEffect(() => () => current.current?.abort(), []);

  const refuse = (fault: string) => {
    setReading({ step: "empty", fault });
    announce(fault);
  };
  const clear = () => {
    current.current?.abort();
    keepDraft(programId, null);
    setReading({ step: "empty", fault: null });
  };
  const read = async (input: Blob, source: string) => {
    current.current?.abort();
    keepDraft(programId, null);
    if (WORKBOOK.test(source)) {
      return refuse(`${source} is a workbook. Save the sheet as CSV and drop that.`);
    }
    const controller = new AbortController();
    current.current = controller;
    const totalBytes = input.size;
    setReading({ step: "reading", source, totalBytes, progress: null });

    let latest: ParseProgress | null = null;
    let frame = 0;
    const show = () => {
      frame = 0;
      if (current.current === controller) {
        setReading({ step: "reading", source, totalBytes, progress: latest });
      }
    };
    const onProgress = (progress: ParseProgress) => {
      latest = progress;
      frame ||= requestAnimationFrame(show);
      announceProgress(`${codes(progress.codes)} read.`);
    };
    const began = performance.now();
    try {
      const list = await parseCodes(input, { signal: controller.signal, onProgress });
      if (current.current !== controller) return;
      const readMs = performance.now() - began;
      const rows = list.size + list.duplicates + list.rejectedCount;
      const draft = { list, source, readMs, rows, bytes: totalBytes };
      keepDraft(programId, draft);
      setReading({ step: "read", draft });
      announce(
        `${codes(list.size)} valid, ${number(list.duplicates)} duplicate, ${number(list.rejectedCount)} rejected.`,
      );
    } catch (error) {
      if (current.current !== controller || controller.signal.aborted) return;
      const why = error instanceof VoucherError ? error.message : "It can't be read";
      refuse(`${source} was not read: ${why}. Nothing was sent.`);
    } finally {
      cancelAnimationFrame(frame);
    }
  };
  return { reading, read, clear, refuse };
}
