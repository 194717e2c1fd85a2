/** The events that are kept, and the alarm that maintains them. */
import { type Alarm, retryDelay } from "../alarm.js";
import type { Notices } from "../account/notices.js";
import { logError } from "../log.js";
import { settings } from "../settings.js";
import type { EventPage } from "../types.js";
import type { EventFilter, EventStore, NewEvent } from "./event-store.js";
import type { Rereading } from "./rereading.js";

/** The page if no event was ever kept. */
export const NO_EVENTS: EventPage = {
  events: [],
  next: null,
  unreadCount: 0,
  dropped: { events: 0, bytes: 0 },
  rereading: null,
};

export class KeptEvents {
  /** Whether the alarm is set to maintain them. */
  #isArmed = false;

  constructor(
    readonly store: EventStore,
    readonly rereading: Rereading,
    readonly alarm: Alarm,
    readonly notices: Notices,
  ) {}

  /** Keeps an event whose signature was right. */
  async keep(event: NewEvent): Promise<void> {
    this.store.keep(event, Date.now() + retryDelay(0));
    if (event.status === "unread") this.notices.unread();
    if (this.#isArmed && !event.isDue) return;
    const due = this.store.nextDue(settings().eventRetentionDays);
    if (due === undefined) return;
    try {
      await this.alarm.set(due);
      this.#isArmed = true;
    } catch (error) {
      // The event is kept anyway; the next one sets the alarm.
      logError("alarm", error);
    }
  }

  /** A page of them, the newest first. */
  list(filter: EventFilter, before: number, limit: number): EventPage {
    return { ...this.store.list(filter, before, limit), rereading: this.rereading.progress };
  }

  /** Starts reading them again. Returns how many. */
  async reread(filter: EventFilter): Promise<number> {
    const count = this.rereading.begin(filter);
    if (count > 0) await this.alarm.set(Date.now());
    return count;
  }

  /** The alarm has fired. */
  disarm(): void {
    this.#isArmed = false;
  }

  /** Deletes expired events, and continues reading again. */
  async run(): Promise<void> {
    const { eventRetentionDays } = settings();
    if ((this.store.nextDue(eventRetentionDays) ?? Infinity) <= Date.now()) {
      this.store.sweep(eventRetentionDays);
    }
    await this.rereading.run();
  }

  nextDue(now: number): number {
    const due = this.store.nextDue(settings().eventRetentionDays) ?? Infinity;
    return this.rereading.isUnderWay ? Math.min(now, due) : due;
  }
}
