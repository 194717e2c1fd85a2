/** Why codes failed: each reason with its figures, what to do, and a new list of its codes. */
import { useState } from "preact/hooks";

import { explainReading } from "../explain.js";
import { codes, number, shares, verb } from "../format.js";
import { ActionButton } from "../parts/action-button.js";
import { Fold } from "../parts/fold.js";
import { sourceOf } from "../parts/job-list.js";
import { Fault } from "../parts/small.js";
import { useAction } from "../parts/use-action.js";
import { navigate, paths } from "../router.js";
import type { JobDetail } from "../server/types.js";
import { hasList } from "../statuses.js";
import { handOverFailed } from "./failed-again.js";
import { failureWords } from "./failure-words.js";

const FIRST = 8;

export function Reasons({ job }: { job: JobDetail }) {
  const { failures, progress } = job;
  const [most] = failures;
  // The excluded reasons, so that a reason that appears later is included.
  const [without, setWithout] = useState<ReadonlySet<string | null>>(new Set());
  const { isBusy, problem, act } = useAction();
  if (most === undefined) return null;
  const shown = failures.slice(0, FIRST);
  const shareOf = shares(failures.map(({ count }) => count));
  const left = failures.filter(({ reason }) => without.has(reason));
  const chosen = progress.failed - left.reduce((sum, { count }) => sum + count, 0);
  const isWhole = left.length === 0;
  const distribute = async () => {
    const reasons = failures.map(({ reason }) => reason).filter((reason) => !without.has(reason));
    await handOverFailed(job, sourceOf(job), isWhole ? null : new Set(reasons));
    navigate(paths.new(job.programId));
  };
  const choose = (reason: string | null, isIn: boolean) => {
    const next = new Set(without);
    if (isIn) next.delete(reason);
    else next.add(reason);
    setWithout(next);
  };
  return (
    <Fold class="chart-card" title="Reasons of failure" note={codes(progress.failed)}>
      <table class="reasons">
        <caption class="visually-hidden">How many codes failed for each reason</caption>
        <thead class="visually-hidden">
          <tr>
            <th scope="col">Reason</th>
            <th scope="col">Codes</th>
            <th scope="col">Share</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ reason, count }, index) => {
            const { plain, todo } = failureWords(reason);
            return (
              <tr key={reason}>
                <th scope="row">
                  <label class="reason">
                    <input
                      type="checkbox"
                      checked={!without.has(reason)}
                      onChange={({ currentTarget }) => choose(reason, currentTarget.checked)}
                    />
                    <span>
                      {plain ?? reason}
                      {plain !== null && reason !== null && <code class="quiet"> {reason}</code>}
                    </span>
                  </label>
                  <span class="reason-bar">
                    <span style={{ width: `${(count / most.count) * 100}%` }} class="bar-failed" />
                  </span>
                  <span class="quiet">{todo}</span>
                </th>
                <td class="figure">{number(count)}</td>
                <td class="figure quiet">{shareOf[index]}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {failures.length > FIRST && (
        <p class="quiet chart-more">
          And {number(failures.length - FIRST)} more reasons; the results below show the reason of
          each code.
        </p>
      )}
      {hasList(job.status) && (
        <div class="chart-more">
          <ActionButton
            class="button-small"
            isBusy={isBusy}
            blocked={chosen === 0 ? "First choose a reason." : null}
            onClick={() => act(distribute)}
          >
            New distribution from {number(chosen)} failed {verb(chosen, "code", "codes")}
          </ActionButton>
          {problem && <Fault explained={explainReading(problem)} />}
        </div>
      )}
    </Fold>
  );
}
