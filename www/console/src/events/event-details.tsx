/** Further details of an event. */
import { bytes, codes, count, number } from "../format.js";
import { DetailRow as Row } from "../parts/detail-row.js";
import { Copy, Moment } from "../parts/small.js";
import { Link, paths } from "../router.js";
import { useNames } from "../server/programs.js";
import type { EventSummary } from "../server/types.js";

export function EventDetails({ event }: { event: EventSummary }) {
  const { id, programId, receivedAt, lastAt, environment, outcomes, settled } = event;
  const nameOf = useNames();
  return (
    <section class="card details-card" aria-labelledby="details-title">
      <h2 id="details-title">Details</h2>
      <dl class="details">
        <Row name="Program">
          {programId === null ? (
            "None given"
          ) : (
            <Link to={paths.program(programId)}>{nameOf(programId)}</Link>
          )}
        </Row>
        <Row name="Received">
          <Moment ms={receivedAt} />
        </Row>
        {event.count > 1 && (
          <Row name="Received again">
            {count(event.count - 1, "time")}, the last on <Moment ms={lastAt} />
          </Row>
        )}
        <Row name="Environment">{environment ?? "Not given"}</Row>
        <Row name="Size">{bytes(event.bytes)}</Row>
        <Row name="Outcomes read">{number(outcomes)}</Row>
        <Row name="What it settled">
          {settled === null
            ? outcomes === 0
              ? "Nothing"
              : "Not known yet"
            : `${codes(settled)} changed their state because of it`}
        </Row>
        <Row name="Event">
          <code>{id}</code> <Copy text={id} label="Copy the event’s id" />
        </Row>
      </dl>
    </section>
  );
}
