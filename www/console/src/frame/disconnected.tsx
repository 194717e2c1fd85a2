/** That the figures may be out of date, over the page, so that nothing in it moves. */
import { useEffect } from "preact/hooks";

import { announce } from "../announce.js";
import { timeOfDayExactly } from "../format.js";
import { lostSince } from "../server/connection.js";
import { liveAt } from "../server/live.js";
import { allTrueAt } from "../server/resource.js";
import { useStore } from "../store.js";

export function Disconnected() {
  const lost = useStore(lostSince);
  useEffect(() => {
    if (lost !== null) announce("Disconnected. The figures may be out of date.");
  }, [lost]);
  const jobAt = useStore(liveAt);
  if (lost === null) return null;
  return (
    <section class="disconnected" aria-label="Connection">
      <b>Disconnected.</b> The figures were last true at{" "}
      {timeOfDayExactly(jobAt ?? Math.min(lost, allTrueAt()))}. Jobs go on without this page; it
      mends itself.
    </section>
  );
}
