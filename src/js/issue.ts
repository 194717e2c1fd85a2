import type { RejectionReason } from "./generated/protocol.js";

/** A list entry that stopped a call. */
export interface Issue {
  /** The index of the entry, from 0. */
  index: number;
  /** The line of the entry, from 1. */
  line?: number;
  /** The entry, shortened. It may contain anything: don't log it. */
  value: string;
  /** The reason. */
  reason: RejectionReason;
  /** The reason in a sentence. */
  message: string;
}
