/** What is true of everything at the moment, and must not be overlooked. */
import { useEffect, useState } from "preact/hooks";

import { announce } from "../announce.js";
import { timeOfDayExactly } from "../format.js";
import { PauseIcon } from "../parts/icons.js";
import { pauseEverything } from "../server/config.js";
import { lostSince } from "../server/connection.js";
import { type WorkerError, toWorkerError } from "../server/error.js";
import { allTrueAt } from "../server/resource.js";
import { useStore } from "../store.js";

export function EverythingPaused() {
  const [problem, setProblem] = useState<WorkerError | null>(null);
  const resume = () =>
    pauseEverything(false).catch((error: unknown) => setProblem(toWorkerError(error)));
  return (
    <section class="paused-banner" aria-label="Everything is paused">
      <PauseIcon />
      <p>
        <b>Everything is paused.</b> Nothing leaves, for any program. Reports by Uber are still
        taken in.{problem && ` ${problem.message}: it is still paused.`}
      </p>
      <button type="button" class="button button-small" onClick={() => void resume()}>
        Resume everything
      </button>
    </section>
  );
}

/** Over the page, so that nothing in it moves. */
export function Disconnected() {
  const lost = useStore(lostSince);
  useEffect(() => {
    if (lost !== null) announce("Disconnected. The figures may be out of date.");
  }, [lost]);
  if (lost === null) return null;
  return (
    <section class="disconnected" aria-label="Connection">
      <b>Disconnected.</b> The figures were last true at{" "}
      {timeOfDayExactly(Math.min(lost, allTrueAt()))}. Jobs go on without this page; it mends
      itself.
    </section>
  );
}
