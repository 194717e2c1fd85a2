/**
 * Reading again what is kept, with the reader and the option `outcomes` of today:
 * in pieces, from the alarm. What comes of it goes to the programs as if it had
 * just come, so it can be repeated without effect. Events whose programs could
 * not be reached when they came are handed over here too.
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

/** Read at a time. */
const PIECE = { rows: 200, bytes: 1024 * 1024 };
/** In place of a program, where an event names none. */
const ANY = "";
/** How long one run of the alarm reads. */
const RUN_MS = 10_000;

/** What is being read again. */
export interface Order {
  filter: EventFilter;
  /** The last one that was, and the last one that is to be. */
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
    /** How many programs one invocation may still ask. */
    readonly mostAsked: () => number,
  ) {}

  /** Has events read again; gives how many. What is under way already is a part of it. */
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

  /** Goes on for a while. */
  async run(): Promise<void> {
    const end = Date.now() + RUN_MS;
    let most = this.mostAsked();
    const due = this.store.due(PIECE);
    if (due.length > 0) most -= (await this.#readAgain(due, most)).asked;
    for (;;) {
      const order = this.order.read();
      if (order === undefined || most <= 0 || Date.now() > end) return;
      const rows = this.store.withBodies(order.filter, order.at, order.until, PIECE);
      const { count, asked } = await this.#readAgain(rows, most);
      most -= asked;
      const last = rows[count - 1]?.id;
      // Who asked anew meanwhile has begun from the start.
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
   * Reads the first of these again, as many as concern no more programs than may
   * be asked. Gives how many those are, and how many programs were.
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
    return { count, asked: byProgram.size + (byProgram.has(ANY) ? this.mostAsked() : 0) };
  }

  async #read(row: EventRow, body: ArrayBuffer): Promise<Reread> {
    // Of what was cut, there is only what was read when it came.
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

  /** All that events say of one program, at once. */
  async #handOver(all: readonly Reread[]): Promise<void> {
    let isKnown: boolean | undefined;
    try {
      isKnown = await handOver(
        all.map(({ row: { digest }, event }) => ({ digest, event })),
        this.stubs,
        this.mostAsked(),
      );
    } catch (error) {
      logError("events", error);
    }
    for (const found of all) this.#note(found, isKnown !== undefined, isKnown);
  }

  /** Writes down what was read of one, and whether it was handed over. */
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

/** What both ask for, or more. */
function joined(one: EventFilter, other: EventFilter): EventFilter {
  const filter: EventFilter = {};
  if (one.unread === other.unread) filter.unread = one.unread;
  if (one.program === other.program) filter.program = other.program;
  return filter;
}
