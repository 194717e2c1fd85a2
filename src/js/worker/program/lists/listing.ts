/**
 * Uber's list of a program's codes, at most some minutes old: the codes, which are cancelled, and which
 * are in use. It takes seventeen bytes for each code, in memory only; about twenty more where an
 * operator has looked at the codes, for their details.
 */
import { membersOf } from "../../../members.js";
import { type Budget, countedFetch } from "../../budget.js";
import { CodeIndex } from "./code-index.js";
import type { Stubs } from "../../stubs.js";
import { idsOfCodes } from "../../code-ids.js";
import { logError } from "../../log.js";
import {
  type ListedDetails,
  type ListedIds,
  listedDetails,
  listedIds,
  listedTexts,
} from "../../listed-codes.js";
import type { WorkerEnv } from "../../types.js";

const ID = 16;
/** How long a list is fresh enough. */
export const KEPT_MS = 5 * 60_000;
/** A read that takes longer is considered dead: it never settles if its request is aborted. */
const LONGEST_READ_MS = 5 * 60_000;

/** The waits before a list is requested again after its connection failed. */
const RETRIES_MS = [200, 1_000];

/** In order of precedence: a cancelled code may have been used before. */
export const LISTED = { free: 0, cancelled: 1, used: 2 } as const;

/** The mark of a code that is not in Uber's list, besides those of `LISTED`. */
export const FOREIGN = 3;

/** The details of some codes in sequence, as `listedDetails` gives them. */
export type Details = Pick<ListedDetails, "details" | "length">;

/** The result of a read. */
export class Listed {
  constructor(
    readonly readAt: number,
    readonly ids: Uint8Array,
    /** The mark of each code: one of `LISTED`. */
    readonly marks: Uint8Array,
    /** The codes in use, cancelled or not, sixteen bytes each. */
    readonly used: Uint8Array,
    /** Of all codes, piece by piece; undefined if only the codes themselves were wanted. */
    readonly details?: readonly Details[],
  ) {}

  get size(): number {
    return this.marks.length;
  }

  /** How many of the codes are cancelled. */
  get cancelled(): number {
    return this.marks.reduce((count, mark) => count + Number(mark === LISTED.cancelled), 0);
  }

  /** For each of these codes, its mark; -1 if Uber does not list it. */
  *marksOf(ids: Uint8Array): Generator<number> {
    // Built each time, because keeping it would double the memory.
    for (const index of new CodeIndex(this.ids).indicesOf(ids)) yield this.marks[index] ?? -1;
  }
}

export class Listing {
  #kept: Listed | undefined;
  #reading: Promise<Listed> | undefined;
  #readsDetails = false;
  #begunAt = 0;

  constructor(
    readonly program: { readonly budget: Budget; readonly stubs: Stubs },
    readonly env: WorkerEnv,
  ) {}

  /** The cached list, if it is not older than this. */
  kept(mostMs: number): Listed | undefined {
    const age = Date.now() - (this.#kept?.readAt ?? -Infinity);
    // Not after the clock was set back.
    return age >= 0 && age <= mostMs ? this.#kept : undefined;
  }

  /** The cached list, which is read again if it is older. */
  async atMost(mostMs: number, programId: string): Promise<Listed> {
    return this.kept(mostMs) ?? this.read(programId);
  }

  /** The same, with the details of each code. */
  async detailed(mostMs: number, programId: string): Promise<Listed> {
    const kept = this.kept(mostMs);
    return kept?.details ? kept : this.read(programId, true);
  }

  /** Frees the details: a job that is created needs the memory. */
  release(): void {
    const { readAt, ids, marks, used, details } = this.#kept ?? {};
    if (readAt === undefined || !ids || !marks || !used || !details) return;
    this.#kept = new Listed(readAt, ids, marks, used);
  }

  /** The text that guests type for each code; empty if the list can't be read. It is not cached. */
  async codeTexts(programId: string): Promise<(code: string) => string> {
    const { stubs, budget } = this.program;
    const way = { app: () => stubs.app(), fetch: countedFetch(this.env, budget) };
    const ids = new Bytes();
    const texts: string[] = [];
    try {
      for await (const page of listedTexts(this.env, programId, way)) {
        ids.add(page.ids);
        for (const text of page.texts) texts.push(text);
      }
    } catch (error) {
      logError("code texts", error);
      return () => "";
    }
    const codes = new CodeIndex(ids.all());
    return (code) => {
      const [index = -1] = codes.indicesOf(idsOfCodes([code]));
      return texts[index] ?? "";
    };
  }

  /** Reads the whole list, or fails. Concurrent calls share one read. */
  read(programId: string, withDetails = false): Promise<Listed> {
    const now = Date.now();
    const isEnough = this.#readsDetails || !withDetails;
    if (this.#reading && isEnough && now - this.#begunAt < LONGEST_READ_MS) return this.#reading;
    const reading = this.#readAgain(programId, now, withDetails).finally(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    this.#begunAt = now;
    this.#readsDetails = withDetails;
    return (this.#reading = reading);
  }

  /** Tries again if the connection fails: an idle one may just have been closed, and so may the next one. */
  async #readAgain(programId: string, readAt: number, withDetails: boolean): Promise<Listed> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#readOnce(programId, readAt, withDetails);
      } catch (error) {
        const { code } = membersOf(error);
        const isPassing = code === "connection_failed" && !this.program.budget.isSpent;
        const waitMs = RETRIES_MS[attempt];
        if (!isPassing || waitMs === undefined) throw error;
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
  }

  async #readOnce(programId: string, readAt: number, withDetails: boolean): Promise<Listed> {
    const { stubs, budget } = this.program;
    const way = { app: () => stubs.app(), fetch: countedFetch(this.env, budget) };
    const [ids, marks, used] = [new Bytes(), new Bytes(), new Bytes()];
    const details: Details[] = [];
    const pages: AsyncGenerator<ListedIds & Partial<ListedDetails>, void, void> = withDetails
      ? listedDetails(this.env, programId, way)
      : listedIds(this.env, programId, true, way);
    for await (const page of pages) {
      if (page.details !== undefined) {
        details.push({ length: page.length, details: page.details });
      }
      ids.add(page.ids);
      marks.add(page.cancelled.map((cancelled, at) => markOf(cancelled, page.used[at] ?? 0)));
      page.used.forEach((isUsed, at) => {
        if (isUsed !== 0) used.add(page.ids.subarray(at * ID, (at + 1) * ID));
      });
    }
    return (this.#kept = new Listed(
      readAt,
      ids.all(),
      marks.all(),
      used.all(),
      withDetails ? details : undefined,
    ));
  }
}

function markOf(cancelled: number, used: number): number {
  if (cancelled !== 0) return LISTED.cancelled;
  return used === 0 ? LISTED.free : LISTED.used;
}

/** A growing list of bytes. */
export class Bytes {
  #bytes = new Uint8Array(1024 * ID);
  #length = 0;

  add(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * (this.#length + bytes.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  all(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}
