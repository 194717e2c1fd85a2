/** The body of an event, in lines. Possible personal data is hidden until a click. */
import { useEffect, useMemo, useState } from "preact/hooks";

import { explainReading } from "../explain.js";
import { bytes } from "../format.js";
import { Copy, Unread } from "../parts/small.js";
import { type WorkerError, toWorkerError } from "../server/error.js";
import { readBody } from "../server/events.js";
import { MASK, formatBody, textOf } from "./body.js";

export function EventBody({ eventId, isCut }: { eventId: string; isCut: boolean }) {
  const { body, problem, readAgain } = useBody(eventId);
  const [isMasked, setMasked] = useState(true);
  const pieces = useMemo(() => formatBody(body ?? ""), [body]);
  if (body === null && problem !== null) {
    return <Unread what="The body" explained={explainReading(problem)} onAgain={readAgain} />;
  }
  if (body === null) {
    return (
      <div
        class="card event-body-bones"
        aria-busy="true"
        role="status"
        aria-label="The body is being read"
      >
        <span class="skeleton skeleton-title" />
      </div>
    );
  }
  const hasPersonal = pieces.some(({ isPersonal }) => isPersonal);
  const isHidden = hasPersonal && isMasked;
  return (
    <section class="card event-body" aria-labelledby="body-title">
      <div class="event-body-head">
        <h2 id="body-title">Body</h2>
        <p class="quiet">
          {isHidden
            ? "Anything that may be a recipient’s name or address is hidden."
            : hasPersonal
              ? "It may contain recipients’ names and addresses: give it only to people who may see them."
              : "Nothing in it looks like a recipient’s name or address."}
          {isCut &&
            ` It was too long to be kept whole: this is the beginning, ${bytes(body.length)}.`}
        </p>
        <div class="event-body-tools">
          {hasPersonal && (
            <button
              type="button"
              class="button button-small"
              aria-pressed={!isMasked}
              onClick={() => setMasked(!isMasked)}
            >
              {isMasked ? "Show recipients" : "Hide recipients"}
            </button>
          )}
          <Copy
            text={isHidden ? textOf(pieces, true) : body}
            label={isHidden ? "Copy, recipients hidden" : "Copy the body"}
            isNamed
          />
        </div>
      </div>
      <pre class="event-text" tabIndex={0} aria-label="The body of the event">
        <code>
          {pieces.map(({ text, isPersonal }) =>
            isPersonal ? (
              <span class={isMasked ? "masked" : "personal"}>{isMasked ? MASK : text}</span>
            ) : (
              text
            ),
          )}
        </code>
      </pre>
    </section>
  );
}

function useBody(eventId: string) {
  const [body, setBody] = useState<string | null>(null);
  const [problem, setProblem] = useState<WorkerError | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    setProblem(null);
    readBody(eventId, stop.signal)
      .then(setBody)
      .catch((error: unknown) => {
        if (!stop.signal.aborted) setProblem(toWorkerError(error));
      });
    return () => stop.abort();
  }, [eventId, attempt]);
  return { body, problem, readAgain: () => setAttempt(attempt + 1) };
}
