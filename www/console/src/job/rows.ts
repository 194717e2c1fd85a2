/**
 * The results of a job, page by page from the API. All of them can be jumped
 * about in; those of a filter come one page after the other, as far as is looked.
 */
import { useEffect, useRef, useState } from "preact/hooks";

import { type WorkerError, toWorkerError } from "../server/error.js";
import type { JobDetail, ResultRow } from "../server/types.js";
import { worker } from "../server/worker.js";
import type { State } from "../words.js";

const PAGE = 200;
/** While it changes, what is seen is read again so often. */
const REFRESH_MS = 1_000;

interface Page {
  rows: ResultRow[];
  next: number | null;
}

export interface Rows {
  /** How many there are; of a filter those that are known of, and one more if there may be more. */
  count: number;
  isWhole: boolean;
  /** `undefined`: not read yet. */
  at(index: number): ResultRow | undefined;
  /** These are looked at. */
  need(first: number, end: number): void;
  problem: WorkerError | null;
}

/** Which results are looked at. */
export interface RowFilter {
  state: State | "";
  /** `null`: any reason. Empty: those without one. */
  reason: string | null;
  /** How the id begins. */
  find: string;
}

/** As the API takes it. */
export const filterQuery = ({ state, reason, find }: RowFilter) => ({
  ...(state !== "" && { state }),
  ...(reason !== null && { reason }),
  ...(find !== "" && { find }),
});

export function useRows(job: JobDetail, filter: RowFilter): Rows {
  const [, redraw] = useState(0);
  const query = JSON.stringify(filterQuery(filter));
  const isWhole = query === "{}";
  const source = useRef<Source | null>(null);
  if (source.current?.query !== query || source.current.jobId !== job.id) {
    source.current?.stop();
    source.current = new Source(job, filter, () => redraw((count) => count + 1));
  }
  const { current } = source;
  useEffect(() => () => source.current?.stop(), []);
  useEffect(() => current.changed(), [current, job.progress]);
  const count = isWhole ? job.progress.total : current.read + (current.isWhole ? 0 : 1);
  return {
    count,
    isWhole: current.isWhole || isWhole,
    at: (index) => current.pages.get(Math.floor(index / PAGE))?.rows[index % PAGE],
    need: (first, end) => current.need(first, end),
    problem: current.problem,
  };
}

class Source {
  readonly pages = new Map<number, Page>();
  problem: WorkerError | null = null;
  #seen: [first: number, end: number] = [0, 0];
  readonly #busy = new Set<number>();
  readonly #stop = new AbortController();
  #readAt = 0;
  /** Counts up with each change of the figures; a page knows how far it had counted then. */
  #version = 0;
  readonly #versions = new Map<number, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly jobId: string;
  readonly query: string;

  constructor(
    readonly job: JobDetail,
    readonly filter: RowFilter,
    readonly redraw: () => void,
  ) {
    this.jobId = job.id;
    this.query = JSON.stringify(filterQuery(filter));
    if (this.#isSequential) void this.#read(0);
  }

  get #isSequential(): boolean {
    return this.query !== "{}";
  }

  get read(): number {
    let sum = 0;
    for (const { rows } of this.pages.values()) sum += rows.length;
    return sum;
  }

  get isWhole(): boolean {
    return this.#last()?.next === null;
  }

  #last(): Page | undefined {
    return this.pages.get(this.pages.size - 1);
  }

  stop(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
  }

  need(first: number, end: number): void {
    this.#seen = [first, end];
    for (const number of this.#seenPages()) {
      if (this.pages.has(number)) continue;
      // Where the next one begins is only known of the one before.
      if (!this.#isSequential || number === this.pages.size) void this.#read(number);
    }
  }

  /** The figures have changed: what is looked at is read again, in a while. */
  changed(): void {
    this.#version += 1;
    this.#refreshSoon();
  }

  #refreshSoon(): void {
    if (this.#timer !== undefined || this.#stop.signal.aborted) return;
    const wait = Math.max(250, this.#readAt + REFRESH_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#refresh();
    }, wait);
  }

  #refresh(): void {
    // One page shifts the next, so these are read again in their order.
    if (this.#isSequential) {
      void this.#read(0);
      return;
    }
    const seen = this.#seenPages();
    for (const number of [...this.pages.keys()]) {
      if (this.#versions.get(number) === this.#version) continue;
      if (seen.includes(number)) void this.#read(number);
      // What is not looked at now may be out of date when it is.
      else this.pages.delete(number);
    }
  }

  #seenPages(): number[] {
    const [first, end] = this.#seen;
    const pages: number[] = [];
    for (let page = Math.floor(first / PAGE); page * PAGE < end; page += 1) pages.push(page);
    return pages;
  }

  #from(number: number): number | null {
    if (!this.#isSequential) return number * PAGE;
    return number === 0 ? 0 : (this.pages.get(number - 1)?.next ?? null);
  }

  async #read(number: number): Promise<void> {
    const from = this.#from(number);
    if (from === null || this.#busy.has(number)) return;
    this.#busy.add(number);
    this.#readAt = performance.now();
    const version = this.#version;
    const { filter, job } = this;
    const { signal } = this.#stop;
    try {
      const page = worker.resultPage(job.programId, job.id, {
        ...filterQuery(filter),
        from,
        limit: PAGE,
        signal,
      });
      this.pages.set(number, await page);
      this.#versions.set(number, version);
      this.problem = null;
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.problem = toWorkerError(error);
    } finally {
      this.#busy.delete(number);
    }
    this.redraw();
    const [first, end] = this.#seen;
    if (this.problem !== null) return;
    if (this.#isSequential) this.#goOn(number, version);
    this.need(first, end);
    if (version !== this.#version) this.#refreshSoon();
  }

  /** After a page of a filter: the one after it, if that was read before this one. */
  #goOn(number: number, version: number): void {
    const after = number + 1;
    if (this.pages.get(number)?.next === null) {
      for (const late of [...this.pages.keys()]) if (late > number) this.pages.delete(late);
    } else if (this.pages.has(after) && this.#versions.get(after) !== version) {
      void this.#read(after);
    }
  }
}
