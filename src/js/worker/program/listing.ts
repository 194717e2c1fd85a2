/**
 * Uber's list of a program's codes, as it was read some minutes ago at most: which there are, which
 * are cancelled, and which are in use. Seventeen bytes a code, in memory alone.
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
/** So long a list that was read is good enough. */
export const KEPT_MS = 5 * 60_000;
/** More than a read can take: one that breaks off with the request that began it never ends. */
const LONGEST_READ_MS = 5 * 60_000;

/** A list whose connection fails is asked for so often. */
const ATTEMPTS = 3;

/** In the order in which they are asked: a code that is cancelled was perhaps used before. */
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
    // Made each time, and not kept: it would double what is.
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

  /** What was read at most so long ago. */
  kept(mostMs: number): Listed | undefined {
    const age = Date.now() - (this.#kept?.readAt ?? -Infinity);
    // Also after a clock was set back.
    return age >= 0 && age <= mostMs ? this.#kept : undefined;
  }

  /** The same; read now where nothing is kept that is so young. */
  async atMost(mostMs: number, programId: string): Promise<Listed> {
    return this.kept(mostMs) ?? this.read(programId);
  }

  /** What guests type for each code; nothing where the list can't be read. It is not kept. */
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

  /** Reads all of it, or nothing of it is taken. Several at a time share one read. */
  read(programId: string): Promise<Listed> {
    const now = Date.now();
    if (this.#reading && now - this.#begunAt < LONGEST_READ_MS) return this.#reading;
    const reading = this.#readAgain(programId, now).finally(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    this.#begunAt = now;
    return (this.#reading = reading);
  }

  /** A connection that was idle may be closed just then: it is asked again. */
  async #readAgain(programId: string, readAt: number): Promise<Listed> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#readOnce(programId, readAt);
      } catch (error) {
        const { code } = membersOf(error);
        const isPassing = code === "connection_failed" && !this.program.budget.isSpent;
        if (!isPassing || attempt === ATTEMPTS) throw error;
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

/** Bytes, as many as come. */
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
