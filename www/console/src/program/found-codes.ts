/** The codes that a query finds, page by page as they are looked at. */
import { useEffect, useRef, useState } from "preact/hooks";

import { offlineSince } from "../server/connection.js";
import { type WorkerError, toWorkerError } from "../server/error.js";
import { searchCodes } from "../server/program-codes.js";
import { session } from "../server/session-state.js";
import type { CodePage, CodeQuery, ProgramCode } from "../server/types.js";
import { useStore } from "../store.js";

const PAGE = 200;
/** Of more pages, the least recently shown are dropped. */
const MAX_PAGES = 40;

export interface FoundCodes {
  /** The query, as text. */
  name: string;
  /** The number of found codes, with the counts and times of the whole list; `null` until it is read. */
  page: CodePage | null;
  /** `undefined`: not read yet. */
  at(index: number): ProgramCode | undefined;
  /** All found codes; `null` unless all were read. */
  all(): readonly ProgramCode[] | null;
  /** Reads the codes that are shown. */
  need(first: number, end: number): void;
  isBusy: boolean;
  problem: WorkerError | null;
  /** Makes the worker read Uber's list again. */
  reload(): void;
}

/** Until another query is answered, what the one before has found. */
export function useFoundCodes(programId: string, query: CodeQuery): FoundCodes {
  const [, redraw] = useState(0);
  const isLost = useStore(offlineSince) !== null;
  const isIn = useStore(session).state === "in";
  const asked = useRef<Source | null>(null);
  const shown = useRef<Source | null>(null);
  const name = JSON.stringify([programId, query]);
  if (asked.current?.name !== name) {
    if (asked.current !== shown.current) asked.current?.stop();
    asked.current = new Source(name, programId, query, () => redraw((count) => count + 1));
  }
  const next = asked.current;
  if (next.page !== null || shown.current?.programId !== programId) {
    if (shown.current !== next) shown.current?.stop();
    shown.current = next;
  }
  const source = shown.current;
  useEffect(
    () => () => {
      asked.current?.stop();
      shown.current?.stop();
    },
    [],
  );
  useEffect(() => {
    if (!isLost && isIn) next.mend();
  }, [next, isLost, isIn]);
  return {
    name: source.name,
    page: source.page,
    at: (index) => source.at(index),
    all: () => source.all(),
    need: (first, end) => source.need(first, end),
    isBusy: next.isBusy || source.isBusy,
    problem: next.problem ?? source.problem,
    reload: () => next.reload(),
  };
}

class Source {
  page: CodePage | null = null;
  problem: WorkerError | null = null;
  readonly #pages = new Map<number, readonly ProgramCode[]>();
  readonly #busy = new Set<number>();
  readonly #stop = new AbortController();
  #seen: [first: number, end: number] = [0, 1];

  constructor(
    readonly name: string,
    readonly programId: string,
    readonly query: CodeQuery,
    readonly redraw: () => void,
  ) {
    void this.#read(0);
  }

  get isBusy(): boolean {
    return this.#busy.size > 0;
  }

  at(index: number): ProgramCode | undefined {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  all(): readonly ProgramCode[] | null {
    const pages = [...this.#pages].sort(([one], [other]) => one - other);
    const rows = pages.flatMap(([, page]) => page);
    return rows.length === this.page?.found ? rows : null;
  }

  need(first: number, end: number): void {
    this.#seen = [first, end];
    for (let page = Math.floor(first / PAGE); page * PAGE < end; page += 1) {
      const rows = this.#pages.get(page);
      if (rows === undefined) void this.#read(page);
      else {
        // The latest at the end.
        this.#pages.delete(page);
        this.#pages.set(page, rows);
      }
    }
  }

  /** Asks again for what could not be read. */
  mend(): void {
    if (this.problem !== null) this.#readSeen();
  }

  reload(): void {
    void this.#read(Math.floor(this.#seen[0] / PAGE), true);
  }

  stop(): void {
    this.#stop.abort();
  }

  #readSeen(): void {
    if (this.page === null) void this.#read(0);
    else this.need(...this.#seen);
  }

  async #read(page: number, again = false): Promise<void> {
    const { signal } = this.#stop;
    if (this.#busy.has(page) || signal.aborted) return;
    this.#busy.add(page);
    if (again) this.redraw();
    try {
      const range = { from: page * PAGE, limit: PAGE };
      const found = await searchCodes(this.programId, { ...this.query, ...range, again }, signal);
      this.#take(page, found);
      this.problem = null;
    } catch (error) {
      if (signal.aborted) return;
      this.problem = toWorkerError(error);
    } finally {
      this.#busy.delete(page);
    }
    this.redraw();
    if (this.problem === null) this.#readSeen();
  }

  #take(page: number, found: CodePage): void {
    const { page: before } = this;
    const isOlder = before !== null && found.knownAt < before.knownAt;
    if (isOlder) return;
    // Rows of another time may have other places.
    if (before?.readAt !== found.readAt || before.knownAt !== found.knownAt) this.#pages.clear();
    this.page = { ...found, rows: [] };
    this.#pages.set(page, found.rows);
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= MAX_PAGES) break;
      this.#pages.delete(oldest);
    }
  }
}
