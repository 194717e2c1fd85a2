/**
 * A notice that the figures may be out of date. It lies over the page, so that nothing in it moves.
 */
import { useEffect } from "preact/hooks";

import { announce } from "../announce.js";
import { timeOfDayExactly } from "../format.js";
import { offlineSince } from "../server/connection.js";
import { liveAt } from "../server/live.js";
import { oldestReadAt } from "../server/resource.js";
import { useStore } from "../store.js";

export function Disconnected() {
  const lost = useStore(offlineSince);
  useEffect(() => {
    if (lost !== null) announce("Disconnected. The figures may be out of date.");
  }, [lost]);
  const jobAt = useStore(liveAt);
  if (lost === null) return null;
  return (
    <section class="disconnected" aria-label="Connection">
      <b>Disconnected.</b> The figures are from{" "}
      {timeOfDayExactly(jobAt ?? Math.min(lost, oldestReadAt()))}. Jobs continue without this page,
      which reconnects automatically.
    </section>
  );
}
