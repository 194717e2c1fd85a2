/** Jobs that are about to start, with the time left to cancel them, on every screen. */
import { announce } from "../announce.js";
import { useNow } from "../clock.js";
import { explainAction } from "../explain.js";
import { codes, count, verb } from "../format.js";
import { leavingInWords } from "../job/codes-to-send.js";
import { ActionButton, useBlocked } from "../parts/action-button.js";
import { sourceOf } from "../parts/job-list.js";
import { focusMain } from "../parts/focus-main.js";
import { Key } from "../parts/small.js";
import { useAction } from "../parts/use-action.js";
import { Link, paths, useRoute } from "../router.js";
import {
  type StartWindow,
  cancelStart,
  close,
  isDecided,
  startNow,
  startWindows,
} from "../server/start-window.js";
import { useStore } from "../store.js";
import { useKey } from "./keys.js";

export function StartWindows() {
  const route = useRoute();
  // The page of a job has that above all else.
  const isSeen = ({ jobs, failed }: StartWindow) =>
    failed === null &&
    route.screen === "job" &&
    jobs.length === 1 &&
    jobs.every(({ id }) => id === route.jobId);
  return (
    <>
      {useStore(startWindows).map(
        (window) => !isSeen(window) && <Banner key={window.jobs[0]?.id} window={window} />,
      )}
    </>
  );
}

function Banner({ window }: { window: StartWindow }) {
  const { jobs, startsAt, isKept, failed } = window;
  const now = useNow(500);
  const { isBusy, act } = useAction();
  const ending = (action: typeof cancelStart) =>
    act(async () => {
      await action(window);
      focusMain();
    });
  const isOver = failed !== null && isDecided(failed.problem);
  const blocked = useBlocked();
  useKey(isOver ? null : "c", () => (blocked === null ? ending(cancelStart) : announce(blocked)));
  const seconds = Math.max(0, Math.ceil((startsAt - now) / 1_000));
  const explained = failed && explainAction(failed.problem, failed.action);
  const [first] = jobs;
  return (
    <section class="banner" aria-label="A job is about to start">
      <p>
        <b>
          {explained
            ? `${explained.what}. ${explained.meaning}`
            : `Starts in ${count(seconds, "second")}.`}
        </b>{" "}
        <What jobs={jobs} />.
        {!explained &&
          !isKept &&
          ` If this page is closed, ${verb(jobs.length, "it is", "they are")} cancelled.`}
      </p>
      {isOver ? (
        <>
          {first && (
            <Link
              class="button button-small"
              to={jobs.length === 1 ? paths.job(first.programId, first.id) : paths.history}
            >
              {jobs.length === 1 ? "See the job" : "See the jobs"}
            </Link>
          )}
          <button type="button" class="button button-small" onClick={() => close(window)}>
            Close
          </button>
        </>
      ) : (
        <>
          <ActionButton class="button-small" isBusy={isBusy} onClick={() => ending(cancelStart)}>
            Cancel: send nothing <Key>C</Key>
          </ActionButton>
          <ActionButton class="button-small" isBusy={isBusy} onClick={() => ending(startNow)}>
            Start now
          </ActionButton>
        </>
      )}
    </section>
  );
}

/** `15 codes, list.csv`; `3 jobs of one file, 44 codes`. */
function What({ jobs }: Pick<StartWindow, "jobs">) {
  const [only, ...others] = jobs;
  if (only === undefined) return null;
  if (others.length === 0) {
    return (
      <>
        {leavingInWords(only)}, <bdi>{sourceOf(only)}</bdi>
      </>
    );
  }
  const size = jobs.reduce((all, { progress }) => all + progress.total, 0);
  return (
    <>
      {count(jobs.length, "job")} of one file, {codes(size)}
    </>
  );
}
