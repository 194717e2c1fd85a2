/** Why codes failed, as Uber put it: bars, each with its figures. */
import { codes, number, share } from "../format.js";
import { Fold } from "../parts/fold.js";
import type { JobDetail } from "../server/types.js";

const FIRST = 8;

export function Reasons({ job }: { job: JobDetail }) {
  const { failures, progress } = job;
  const [most] = failures;
  if (most === undefined) return null;
  return (
    <Fold
      class="chart-card"
      title="Reasons of failure"
      note={`${codes(progress.failed)}, by webhook`}
    >
      <table class="reasons">
        <caption class="unseen">How many codes failed for which reason</caption>
        <thead class="unseen">
          <tr>
            <th scope="col">Reason</th>
            <th scope="col">Codes</th>
            <th scope="col">Share</th>
          </tr>
        </thead>
        <tbody>
          {failures.slice(0, FIRST).map(({ reason, count }) => (
            <tr key={reason}>
              <th scope="row">
                {reason ?? "No reason given"}
                <span class="reason-bar">
                  <span style={{ width: `${(count / most.count) * 100}%` }} class="bar-failed" />
                </span>
              </th>
              <td class="figure">{number(count)}</td>
              <td class="figure quiet">{share(count, progress.failed)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {failures.length > FIRST && (
        <p class="quiet chart-more">
          And {number(failures.length - FIRST)} more; the results below have the reason of each
          code.
        </p>
      )}
    </Fold>
  );
}
