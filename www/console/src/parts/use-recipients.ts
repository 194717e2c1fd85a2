/** The recipients of a job's codes, once an admin wants to see them. */
import { useEffect, useRef, useState } from "preact/hooks";

import { useAction } from "./use-action.js";
import type { WorkerError } from "../server/error.js";
import { type Recipient, type Recipients, readRecipients } from "../server/guests.js";

export interface ShownRecipients {
  /** `null` until they are requested. */
  value: Recipients | null;
  isBusy: boolean;
  problem: WorkerError | null;
  /** `reveal` unmasks them, which is recorded in the audit trail. */
  read: (reveal: boolean) => void;
}

export function useRecipients(programId: string): ShownRecipients {
  const [value, setValue] = useState<Recipients | null>(null);
  const { isBusy, problem, act } = useAction();
  const stop = useRef(new AbortController());
  useEffect(() => {
    stop.current = new AbortController();
    return () => stop.current.abort();
  }, [programId]);
  const read = (reveal: boolean) =>
    act(async () => setValue(await readRecipients(programId, reveal, stop.current.signal)));
  return { value, isBusy, problem, read };
}

/** A recipient in one line. */
export const inOneLine = ({ name, email, phone }: Recipient): string =>
  [name, email ?? phone].filter((part) => part !== null && part !== "").join(" · ");
