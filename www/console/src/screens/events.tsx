/** The events that Uber has sent, and whether they were read. */
import { useCallback, useEffect, useMemo } from "preact/hooks";

import { EventList, EventListSkeleton } from "../events/event-list.js";
import { useReadAgain } from "../events/read-again.js";
import { explainReading } from "../explain.js";
import { bytes, count, number, verb } from "../format.js";
import { ActionButton } from "../parts/action-button.js";
import { Callout, Fault, Unread } from "../parts/small.js";
import { type Part, useOlder } from "../parts/use-older.js";
import { Link, paths } from "../router.js";
import { useConfig } from "../server/config.js";
import { readOlderEvents, useEvents } from "../server/events.js";
import { useNames } from "../server/programs.js";
import type { EventPage, EventSummary } from "../server/types.js";

const partOf = ({ events, next }: EventPage): Part<EventSummary, string> => ({
  items: events,
  next,
});

export function Events({ isUnread }: { isUnread: boolean }) {
  const { value, problem, reload } = useEvents(isUnread);
  const newest = useMemo(() => value && partOf(value), [value]);
  const readOlder = useCallback(
    async (before: string) => partOf(await readOlderEvents(isUnread, before)),
    [isUnread],
  );
  const { items: events, ...older } = useOlder(newest, readOlder);
  const programName = useNames();
  useEffect(() => {
    document.title = "Events · Vouchers";
  }, []);
  return (
    <div class="page">
      <div class="page-head">
        <div>
          <h1>Events</h1>
          <p class="lead">Everything that Uber has sent, unchanged, newest first.</p>
        </div>
        <ReadAllAgain />
      </div>
      <Filters isUnread={isUnread} unread={value?.unreadCount ?? null} />
      {value === null && problem === null && <EventListSkeleton />}
      {value === null && problem !== null && (
        <Unread what="The events" explained={explainReading(problem)} onAgain={reload} />
      )}
      {newest?.items.length === 0 && events.length === 0 && <NoEvents isUnread={isUnread} />}
      {events.length > 0 && <EventList events={events} programName={programName} />}
      {older.problem && <Fault explained={explainReading(older.problem)} />}
      {older.hasMore && (
        <p class="foot">
          <ActionButton isBusy={older.isBusy} onClick={older.load}>
            Show older events
          </ActionButton>
        </p>
      )}
      {value && <Dropped dropped={value.dropped} />}
    </div>
  );
}

/** For use after the worker's reader was improved. Known outcomes do not change. */
function ReadAllAgain() {
  const { label, isBusy, problem, readAgain } = useReadAgain("all");
  return (
    <div class="page-tools">
      <ActionButton
        isBusy={isBusy}
        title="Reads all stored events again, as the worker reads them today. Nothing known is lost."
        onClick={readAgain}
      >
        {label}
      </ActionButton>
      {problem && <Fault explained={explainReading(problem)} />}
    </div>
  );
}

function Filters({ isUnread, unread }: { isUnread: boolean; unread: number | null }) {
  return (
    <nav class="filters events-filters" aria-label="Shown events">
      <Link to={paths.events} class="filter" isCurrent={!isUnread}>
        All
      </Link>
      <Link to={paths.unreadEvents} class="filter" isCurrent={isUnread}>
        Unread <span class="filter-count">{unread === null ? "" : number(unread)}</span>
      </Link>
    </nav>
  );
}

function NoEvents({ isUnread }: { isUnread: boolean }) {
  const hasSigningKey = useConfig()?.hasSigningKey ?? true;
  if (isUnread) {
    return (
      <div class="card blank">
        <p class="blank-title">No event is unread</p>
        <p>All of Uber’s reports were read, or dealt with.</p>
      </div>
    );
  }
  return (
    <div class="card blank">
      <p class="blank-title">No events yet</p>
      <p>
        {hasSigningKey
          ? "Uber reports the outcomes of a distribution here, some time after it was queued."
          : "This worker has no signing key, so it accepts no events. Ask the person who runs it to set UBER_SIGNING_KEY, and the address of its webhook at Uber."}
      </p>
    </div>
  );
}

function Dropped({ dropped }: Pick<EventPage, "dropped">) {
  if (dropped.events === 0) return null;
  return (
    <Callout
      tone="unknown"
      title={`${count(dropped.events, "event")} ${verb(dropped.events, "was", "were")} deleted early`}
    >
      <p>
        There was no space left for {bytes(dropped.bytes)}. Their readable outcomes were applied.
      </p>
    </Callout>
  );
}
