/** Events, newest first: the time, type and program, and whether they were read. */
import { count } from "../format.js";
import { ChevronIcon } from "../parts/icons.js";
import { Moment, Pill } from "../parts/small.js";
import { Link, paths } from "../router.js";
import type { EventSummary } from "../server/types.js";
import { eventWord } from "../words.js";
import { EventType } from "./event-type.js";
import { settledInWords } from "./settled.js";

interface Props {
  events: readonly EventSummary[];
  programName(programId: string): string;
}

export function EventList({ events, programName }: Props) {
  return (
    <ul class="card events">
      {events.map((event) => (
        <li key={event.id}>
          <Link to={paths.event(event.id)} class="event">
            <span class="event-time">
              <Moment ms={event.receivedAt} isShort />
              {event.count > 1 && <span class="quiet">came {count(event.count, "time")}</span>}
            </span>
            <span class="event-name">
              <b>
                <EventType type={event.type} />
              </b>
              <span class="quiet">
                {event.programId === null ? "Names no program" : programName(event.programId)}
              </span>
            </span>
            <Pill {...eventWord(event)} />
            <span class="event-settled quiet">{settledInWords(event)}</span>
            <ChevronIcon />
          </Link>
        </li>
      ))}
    </ul>
  );
}

export function EventListSkeleton() {
  return (
    <ul class="card events" aria-busy="true" aria-label="The events are being read">
      {[0, 1, 2].map((row) => (
        <li key={row} class="event" aria-hidden="true">
          <span class="skeleton" />
          <span class="event-name">
            <b>
              <span class={`skeleton skeleton-name-${row}`} />
            </b>
            <span class="quiet">
              <span class="skeleton skeleton-id" />
            </span>
          </span>
          <span class="skeleton skeleton-pill" />
          <span class="skeleton skeleton-dates" />
          <span />
        </li>
      ))}
    </ul>
  );
}
