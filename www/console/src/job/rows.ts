/**
 * The results of a job, page by page from the API. All results can be scrolled to at
 * once; filtered ones are read one page after the other, as far as the table is
 * scrolled.
 */
import { useEffect, useRef, useState } from "preact/hooks";

import { type WorkerError, toWorkerError } from "../server/error.js";
import type { JobDetail, JobResultPage, ResultRow } from "../server/types.js";
import { worker } from "../server/worker.js";
import type { State } from "../words.js";

const PAGE = 200;
/** How often visible rows are read again while the job changes. */
const REFRESH_MS = 1_000;

export interface Rows {
  /** The number of rows; for a filter, those known so far, and one more if there may be more. */
  count: number;
  isWhole: boolean;
  /** `undefined`: not read yet. */
  at(index: number): ResultRow | undefined;
  /** Call it with the visible rows. */
  need(first: number, end: number): void;
  problem: WorkerError | null;
}

/** Which results are shown. */
export interface RowFilter {
  state: State | "";
  /** `null`: any reason. Empty: those without one. */
  reason: string | null;
  /** The beginning of the id. */
  find: string;
}

/** In the form for the API. */
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
  readonly pages = new Map<number, JobResultPage>();
  problem: WorkerError | null = null;
  #seen: [first: number, end: number] = [0, 0];
  readonly #busy = new Set<number>();
  readonly #stop = new AbortController();
  #readAt = 0;
  /**
   * Incremented with each change of the figures; each page remembers the value at which it was
   * read.
   */
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

  #last(): JobResultPage | undefined {
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
      // The start of the next page is known only from the previous one.
      if (!this.#isSequential || number === this.pages.size) void this.#read(number);
    }
  }

  /** The figures have changed: visible rows are read again after a while. */
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
    // A changed page shifts the next one, so these are read again in order.
    if (this.#isSequential) {
      void this.#read(0);
      return;
    }
    const seen = this.#seenPages();
    for (const number of [...this.pages.keys()]) {
      if (this.#versions.get(number) === this.#version) continue;
      if (seen.includes(number)) void this.#read(number);
      // Pages that are not visible now may be out of date when they are.
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

  /** After a page of a filter: the next page, if it was read before this one. */
  #goOn(number: number, version: number): void {
    const after = number + 1;
    if (this.pages.get(number)?.next === null) {
      for (const late of [...this.pages.keys()]) if (late > number) this.pages.delete(late);
    } else if (this.pages.has(after) && this.#versions.get(after) !== version) {
      void this.#read(after);
    }
  }
}
