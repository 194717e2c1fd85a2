/**
 * Reads kept events again, with the current reader and option `outcomes`: in pieces,
 * from the alarm. Programs get the outcomes as if the event had just arrived, so a
 * repetition has no effect. Events whose programs could not be reached when they
 * arrived are passed on here too.
 */
import { rereadWebhook } from "../../webhook/webhook.js";
import { retryDelay } from "../alarm.js";
import { logError } from "../log.js";
import { inParallel } from "../parallel.js";
import type { Stubs } from "../stubs.js";
import type { EventPage } from "../types.js";
import type { EventFilter, EventRow, EventStore } from "./event-store.js";
import { handOver } from "./hand-over.js";
import { type ReadEvent, readEvent } from "./read-event.js";

/** How much is read at a time. */
const PIECE = { rows: 200, bytes: 1024 * 1024 };
/** Stands for the program if an event names none. */
const ANY = "";
/** How long one run of the alarm may read. */
const RUN_MS = 10_000;

/** Which events are being read again. */
export interface Order {
  filter: EventFilter;
  /** The id of the last event that was read, and of the last to read. */
  at: number;
  until: number;
  done: number;
  total: number;
}

/** Keeps the order, so that it outlives the object. */
export interface OrderStorage {
  read(): Order | undefined;
  write(order: Order | null): void;
}

interface Reread {
  row: EventRow;
  event: ReadEvent;
}

export class Rereading {
  constructor(
    readonly store: EventStore,
    readonly order: OrderStorage,
    readonly stubs: Stubs,
    readonly organizationId: string,
    /** How many programs one invocation may still call. */
    readonly mostCalled: () => number,
  ) {}

  /** Starts reading events again. Returns how many, including those already under way. */
  begin(filter: EventFilter): number {
    const before = this.order.read();
    const wanted = before === undefined ? filter : joined(before.filter, filter);
    const total = this.store.count(wanted);
    const until = this.store.last;
    this.order.write(total === 0 ? null : { filter: wanted, at: 0, until, done: 0, total });
    return total;
  }

  get progress(): EventPage["rereading"] {
    const order = this.order.read();
    return order === undefined ? null : { done: order.done, total: order.total };
  }

  get isUnderWay(): boolean {
    return this.order.read() !== undefined;
  }

  /** Continues for a while. */
  async run(): Promise<void> {
    const end = Date.now() + RUN_MS;
    let most = this.mostCalled();
    const due = this.store.due(PIECE);
    if (due.length > 0) most -= (await this.#readAgain(due, most)).asked;
    for (;;) {
      const order = this.order.read();
      if (order === undefined || most <= 0 || Date.now() > end) return;
      const rows = this.store.withBodies(order.filter, order.at, order.until, PIECE);
      const { count, asked } = await this.#readAgain(rows, most);
      most -= asked;
      const last = rows[count - 1]?.id;
      // A new order meanwhile starts from the beginning.
      const now = this.order.read();
      if (now?.at !== order.at || now.total !== order.total) continue;
      const isOver = rows.length === 0;
      if (!isOver && last === undefined) return;
      this.order.write(
        isOver ? null : { ...order, at: last ?? order.at, done: order.done + count },
      );
    }
  }

  /**
   * Reads events again until they concern more programs than may be called. Returns how
   * many it read, and how many programs it called.
   */
  async #readAgain(rows: readonly (EventRow & { body: ArrayBuffer })[], most: number) {
    const byProgram = new Map<string, Reread[]>();
    let count = 0;
    for (const { body, ...row } of rows) {
      const found = await this.#read(row, body);
      const { programId, outcomes, isByReader } = found.event;
      const isTold = outcomes.length > 0 || row.due_at !== null;
      if (isTold && (programId !== null || isByReader)) {
        const program = programId ?? ANY;
        const others = byProgram.get(program);
        if (others === undefined && byProgram.size >= most) break;
        if (others) others.push(found);
        else byProgram.set(program, [found]);
      } else {
        this.#note(found, true);
      }
      count += 1;
    }
    await inParallel([...byProgram.values()], (all) => this.#handOver(all));
    return { count, asked: byProgram.size + (byProgram.has(ANY) ? this.mostCalled() : 0) };
  }

  async #read(row: EventRow, body: ArrayBuffer): Promise<Reread> {
    // A cut body can't be read again: only what was read on arrival is known.
    if (row.is_cut === 1) {
      const { type, program: programId, status, error } = row;
      const event = {
        type,
        programId,
        status,
        error,
        outcomes: [],
        isOurs: true,
        isByReader: false,
      };
      return { row, event };
    }
    const event = await readEvent(
      (outcomes) => rereadWebhook(new Uint8Array(body), row.environment, outcomes),
      this.organizationId,
    );
    return { row, event };
  }

  /** Passes on everything that events report of one program, in one call. */
  async #handOver(all: readonly Reread[]): Promise<void> {
    let isKnown: boolean | undefined;
    try {
      isKnown = await handOver(
        all.map(({ row: { digest }, event }) => ({ digest, event })),
        this.stubs,
        this.mostCalled(),
      );
    } catch (error) {
      logError("events", error);
    }
    for (const found of all) this.#note(found, isKnown !== undefined, isKnown);
  }

  /** Stores what was read of an event, and whether it was passed on. */
  #note({ row, event }: Reread, isDone: boolean, isKnown = row.is_known === 1): void {
    const { status, error, outcomes } = event;
    const count = row.is_cut === 1 ? row.outcomes : outcomes.length;
    this.store.update(row, { status, error, outcomes: count, isKnown });
    if (!isDone) {
      const dueAt = Date.now() + retryDelay(row.failures);
      this.store.setDue(row.id, row.failures + 1, dueAt);
    } else if (row.due_at !== null) {
      this.store.setDue(row.id, 0, null);
    }
  }
}

/** A filter that covers both, or more. */
function joined(one: EventFilter, other: EventFilter): EventFilter {
  const filter: EventFilter = {};
  if (one.unread === other.unread) filter.unread = one.unread;
  if (one.program === other.program) filter.program = other.program;
  return filter;
}
