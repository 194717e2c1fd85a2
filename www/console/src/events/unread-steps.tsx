/** What to do about an event that could not be read, each step with its consequence. */
import { explainReading } from "../explain.js";
import { Callout, Fault } from "../parts/small.js";
import { useAction } from "../parts/use-action.js";
import { dismissEvent } from "../server/events.js";
import type { EventSummary } from "../server/types.js";
import { useReadAgain } from "./read-again.js";

export function UnreadSteps({ event }: { event: EventSummary }) {
  const reading = useReadAgain("unread");
  const dismissing = useAction();
  const problem = reading.problem ?? dismissing.problem;
  return (
    <section class="card unknown" aria-labelledby="unread-title">
      <h2 id="unread-title">What it reports could not be read</h2>
      <p>
        So it does not count in any figure yet. Copy its body, and have whoever runs this worker set{" "}
        <code>outcomes</code> so that it reads it, and deploy. Then read it again here.
      </p>
      {event.error && <Callout tone="rejected" title={`${event.error.message}.`} />}
      {problem && <Fault explained={explainReading(problem)} />}
      <div class="choices choices-two">
        <div class="choice">
          <button
            type="button"
            class="button button-small"
            aria-disabled={reading.isBusy}
            onClick={reading.readAgain}
          >
            {reading.label}
          </button>
          <span class="quiet">
            Every unread event is read again. What can be read then counts for its codes. Nothing is
            sent.
          </span>
        </div>
        <div class="choice">
          <button
            type="button"
            class="button button-small"
            aria-disabled={dismissing.isBusy}
            onClick={() => dismissing.act(() => dismissEvent(event.id))}
          >
            Dealt with
          </button>
          <span class="quiet">
            It is no longer listed as unread, and is deleted in time. What it reports is left out of
            the figures.
          </span>
        </div>
      </div>
    </section>
  );
}
