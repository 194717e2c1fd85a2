/** One event: its content, whether it was read, and what to do if it was not. */
import { useEffect } from "preact/hooks";

import { EventDetails } from "../events/event-details.js";
import { EventBody } from "../events/event-body.js";
import { EventType } from "../events/event-type.js";
import { settledInWords } from "../events/settled.js";
import { UnreadSteps } from "../events/unread-steps.js";
import { number } from "../format.js";
import { Crumbs } from "../parts/crumbs.js";
import { Moment, Pill, TitleSkeleton } from "../parts/small.js";
import { paths } from "../router.js";
import { LOOKED_UP, useEvent } from "../server/events.js";
import { eventWord } from "../words.js";

export function Event({ eventId }: { eventId: string }) {
  const { value, problem } = useEvent(eventId);
  const summary = value?.summary ?? null;
  useEffect(() => {
    document.title = "Event · Vouchers";
  }, []);
  return (
    <div class="page">
      <Crumbs root={["Events", paths.events]}>{summary?.type || "Event"}</Crumbs>
      <div class="page-head">
        <div>
          <h1>
            {summary ? (
              <EventType type={summary.type} />
            ) : value || problem ? (
              "Event"
            ) : (
              <TitleSkeleton />
            )}
          </h1>
          <p class="facts">
            {summary && (
              <>
                <Pill {...eventWord(summary)} />
                <span>
                  Received <Moment ms={summary.receivedAt} />
                </span>
                {summary.status === "read" && <span>{settledInWords(summary)}</span>}
              </>
            )}
            {problem && <span>Its details could not be read: {problem.message}.</span>}
            {value && !summary && (
              <span>
                It is not among the newest {number(LOOKED_UP)} events, so only its body is shown.
              </span>
            )}
          </p>
        </div>
      </div>
      {summary?.status === "unread" && !summary.isDismissed && <UnreadSteps event={summary} />}
      <EventBody eventId={eventId} isCut={summary?.isCut ?? false} />
      {summary && <EventDetails event={summary} />}
    </div>
  );
}
