/** Events: what Uber has sent, as it came, and whether it was read. */
import { useCallback, useEffect, useMemo } from "preact/hooks";

import { EventList, EventListBones } from "../events/event-list.js";
import { useReadAgain } from "../events/read-again.js";
import { explainReading } from "../explain.js";
import { bytes, count, number, verb } from "../format.js";
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
          <p class="lead">What Uber has sent, as it came, the newest first.</p>
        </div>
        <ReadAllAgain />
      </div>
      <Filters isUnread={isUnread} unread={value?.unreadCount ?? null} />
      {value === null && problem === null && <EventListBones />}
      {value === null && problem !== null && (
        <Unread what="The events" explained={explainReading(problem)} onAgain={reload} />
      )}
      {newest?.items.length === 0 && events.length === 0 && <NoEvents isUnread={isUnread} />}
      {events.length > 0 && <EventList events={events} programName={programName} />}
      {older.problem && <Fault explained={explainReading(older.problem)} />}
      {older.hasMore && (
        <p class="foot">
          <button type="button" class="button" aria-disabled={older.isBusy} onClick={older.load}>
            Show older events
          </button>
        </p>
      )}
      {value && <Dropped dropped={value.dropped} />}
    </div>
  );
}

/** After the worker has learned to read more. What is known already stays as it is. */
function ReadAllAgain() {
  const { label, isBusy, problem, readAgain } = useReadAgain("all");
  return (
    <div class="page-tools">
      <button
        type="button"
        class="button"
        aria-disabled={isBusy}
        title="Reads every event that is kept with the worker’s reader of today. What is known stays known."
        onClick={readAgain}
      >
        {label}
      </button>
      {problem && <Fault explained={explainReading(problem)} />}
    </div>
  );
}

function Filters({ isUnread, unread }: { isUnread: boolean; unread: number | null }) {
  return (
    <nav class="filters events-filters" aria-label="Which events are shown">
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
        <p>Whatever Uber has reported was read, or dealt with.</p>
      </div>
    );
  }
  return (
    <div class="card blank">
      <p class="blank-title">No events yet</p>
      <p>
        {hasSigningKey
          ? "Uber reports here what became of the codes of a distribution, some time after it was queued."
          : "This worker has no signing key, so it takes no events. Ask whoever runs it to set UBER_SIGNING_KEY, and the address of its webhook at Uber."}
      </p>
    </div>
  );
}

function Dropped({ dropped }: Pick<EventPage, "dropped">) {
  if (dropped.events === 0) return null;
  return (
    <Callout
      tone="unknown"
      title={`${count(dropped.events, "event")} ${verb(dropped.events, "was", "were")} deleted before ${verb(dropped.events, "its", "their")} time`}
    >
      <p>
        There was no space left for {bytes(dropped.bytes)}. What could be read of them counts all
        the same.
      </p>
    </Callout>
  );
}
