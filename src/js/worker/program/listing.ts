/**
 * Uber's list of a program's codes, at most some minutes old: the codes, which are cancelled, and which
 * are in use. It takes seventeen bytes for each code, in memory only.
 */
import { membersOf } from "../../members.js";
import { type Budget, countedFetch } from "./budget.js";
import { CodeIndex } from "./code-index.js";
import type { Stubs } from "../stubs.js";
import { idsOfCodes } from "../code-ids.js";
import { logError } from "../log.js";
import { listedIds, listedTexts } from "../listed-codes.js";
import type { WorkerEnv } from "../types.js";

const ID = 16;
/** How long a list is fresh enough. */
export const KEPT_MS = 5 * 60_000;
/** Longer than any read: a read never ends if the request that started it is aborted. */
const LONGEST_READ_MS = 5 * 60_000;

/** The waits before a list is requested again after its connection failed. */
const RETRIES_MS = [200, 1_000];

/** In order of precedence: a cancelled code may have been used before. */
export const LISTED = { free: 0, cancelled: 1, used: 2 } as const;

/** What was read. */
export class Listed {
  constructor(
    readonly readAt: number,
    readonly ids: Uint8Array,
    /** Of each code: `LISTED`. */
    readonly marks: Uint8Array,
    /** The codes in use, cancelled or not, sixteen bytes each. */
    readonly used: Uint8Array,
  ) {}

  get size(): number {
    return this.marks.length;
  }

  /** For each of these codes, its mark; -1 where Uber does not list it. */
  *marksOf(ids: Uint8Array): Generator<number> {
    // Built each time, because keeping it would double the memory.
    for (const place of new CodeIndex(this.ids).placesOf(ids)) yield this.marks[place] ?? -1;
  }
}

export class Listing {
  #kept: Listed | undefined;
  #reading: Promise<Listed> | undefined;
  #begunAt = 0;

  constructor(
    readonly program: { readonly budget: Budget; readonly stubs: Stubs },
    readonly env: WorkerEnv,
  ) {}

  /** The kept list, if it is not older than this. */
  kept(mostMs: number): Listed | undefined {
    const age = Date.now() - (this.#kept?.readAt ?? -Infinity);
    // Not after the clock was set back.
    return age >= 0 && age <= mostMs ? this.#kept : undefined;
  }

  /** The same, but reads the list if the kept one is older. */
  async atMost(mostMs: number, programId: string): Promise<Listed> {
    return this.kept(mostMs) ?? this.read(programId);
  }

  /** The text that guests type for each code; empty if the list can't be read. It is not kept. */
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
    const index = new CodeIndex(ids.all());
    return (code) => {
      const [place = -1] = index.placesOf(idsOfCodes([code]));
      return texts[place] ?? "";
    };
  }

  /** Reads the whole list, or fails. Concurrent calls share one read. */
  read(programId: string): Promise<Listed> {
    const now = Date.now();
    if (this.#reading && now - this.#begunAt < LONGEST_READ_MS) return this.#reading;
    const reading = this.#readAgain(programId, now).finally(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    this.#begunAt = now;
    return (this.#reading = reading);
  }

  /** Tries again if the connection fails: an idle one may just have been closed, and so may the next one. */
  async #readAgain(programId: string, readAt: number): Promise<Listed> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#readOnce(programId, readAt);
      } catch (error) {
        const { code } = membersOf(error);
        const isPassing = code === "connection_failed" && !this.program.budget.isSpent;
        const waitMs = RETRIES_MS[attempt];
        if (!isPassing || waitMs === undefined) throw error;
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
  }

  async #readOnce(programId: string, readAt: number): Promise<Listed> {
    const { stubs, budget } = this.program;
    const way = { app: () => stubs.app(), fetch: countedFetch(this.env, budget) };
    const [ids, marks, used] = [new Bytes(), new Bytes(), new Bytes()];
    for await (const page of listedIds(this.env, programId, true, way)) {
      ids.add(page.ids);
      marks.add(page.cancelled.map((cancelled, at) => markOf(cancelled, page.used[at] ?? 0)));
      page.used.forEach((isUsed, at) => {
        if (isUsed !== 0) used.add(page.ids.subarray(at * ID, (at + 1) * ID));
      });
    }
    return (this.#kept = new Listed(readAt, ids.all(), marks.all(), used.all()));
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
