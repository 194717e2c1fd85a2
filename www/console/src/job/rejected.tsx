/** Why Uber rejected requests of this job: Uber's code and message; and a new list of those codes. */
import { explainReading } from "../explain.js";
import { codes, number, verb } from "../format.js";
import { ActionButton } from "../parts/action-button.js";
import { sourceOf } from "../parts/job-list.js";
import { ErrorCode, Fault } from "../parts/small.js";
import { useAction } from "../parts/use-action.js";
import { navigate, paths } from "../router.js";
import type { JobDetail } from "../server/types.js";
import { hasList } from "../statuses.js";
import { handOverRejected } from "./failed-again.js";
import { rejectionWords } from "./failure-words.js";

export function Rejected({ job }: { job: JobDetail }) {
  const { isBusy, problem, act } = useAction();
  const { programId, status, rejections, progress } = job;
  if (rejections.length === 0) return null;
  const distribute = async () => {
    await handOverRejected(job, sourceOf(job));
    navigate(paths.new(programId));
  };
  return (
    <section class="card rejected-by-uber" aria-labelledby="rejected-title">
      <h2 id="rejected-title">Rejected by Uber</h2>
      <ul>
        {rejections.map(({ status, code, message, codes: size }) => (
          <li key={`${code} ${message}`}>
            <b>{codes(size)}</b>: {rejectionWords(status).plain}: <q dir="auto">{message}</q>{" "}
            <ErrorCode code={code} status={status} />
            <span class="rejected-todo quiet">{rejectionWords(status).todo}</span>
          </li>
        ))}
      </ul>
      <p class="quiet">These requests queued nothing: their codes are free again.</p>
      {hasList(status) && progress.rejected > 0 && (
        <p>
          <ActionButton class="button-small" isBusy={isBusy} onClick={() => act(distribute)}>
            New distribution from {number(progress.rejected)} rejected{" "}
            {verb(progress.rejected, "code", "codes")}
          </ActionButton>
        </p>
      )}
      {problem && <Fault explained={explainReading(problem)} />}
    </section>
  );
}
