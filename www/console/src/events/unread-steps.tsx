/** The steps for an event that could not be read, each with its consequence. */
import { explainReading } from "../explain.js";
import { ActionButton } from "../parts/action-button.js";
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
      <h2 id="unread-title">Its report could not be read</h2>
      <p>
        So it is not in any figure yet. Copy its body, and ask the person who runs this worker to
        set <code>outcomes</code> so that it can be read, and to deploy. Then read it again here.
      </p>
      {event.error && <Callout tone="rejected" title={`${event.error.message}.`} />}
      {problem && <Fault explained={explainReading(problem)} />}
      <div class="choices choices-two">
        <div class="choice">
          <ActionButton class="button-small" isBusy={reading.isBusy} onClick={reading.readAgain}>
            {reading.label}
          </ActionButton>
          <span class="quiet">
            All unread events are read again, and readable ones are applied to their codes. Nothing
            is sent.
          </span>
        </div>
        <div class="choice">
          <ActionButton
            class="button-small"
            isBusy={dismissing.isBusy}
            onClick={() => dismissing.act(() => dismissEvent(event.id))}
          >
            Dealt with
          </ActionButton>
          <span class="quiet">
            It is no longer listed as unread, and is deleted later. Its report is left out of the
            figures.
          </span>
        </div>
      </div>
    </section>
  );
}
