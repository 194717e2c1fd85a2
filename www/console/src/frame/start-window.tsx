/** Jobs that this page is about to start: how long there is to cancel each. */
import { useNow } from "../clock.js";
import { explainAction } from "../explain.js";
import { count } from "../format.js";
import { leavingInWords } from "../job/leaving.js";
import { sourceOf } from "../parts/job-list.js";
import { useAction } from "../parts/use-action.js";
import { type Waiting, cancelStart, startNow, startWindows } from "../server/start-window.js";
import { useStore } from "../store.js";

export function StartWindows() {
  return (
    <>
      {useStore(startWindows).map((waiting) => (
        <StartWindow key={waiting.job.id} waiting={waiting} />
      ))}
    </>
  );
}

function StartWindow({ waiting: { job, startsAt, problem } }: { waiting: Waiting }) {
  const now = useNow(500);
  const { isBusy, act } = useAction();
  const seconds = Math.max(0, Math.ceil((startsAt - now) / 1_000));
  const explained = problem && explainAction(problem, "resume");
  return (
    <section class="banner" aria-label="A job is about to start">
      <p>
        <b>
          {explained
            ? `${explained.what}. It is paused.`
            : `Starts in ${count(seconds, "second")}.`}
        </b>{" "}
        {leavingInWords(job)}, <bdi>{sourceOf(job)}</bdi>.
        {!explained && " If this page is closed, it is cancelled."}
      </p>
      <button
        type="button"
        class="button button-small"
        aria-disabled={isBusy}
        onClick={() => act(() => cancelStart(job))}
      >
        Cancel: nothing leaves
      </button>
      <button
        type="button"
        class="button button-small"
        aria-disabled={isBusy}
        onClick={() => act(() => startNow(job))}
      >
        Start now
      </button>
    </section>
  );
}
