/** Why Uber rejected requests of this job, in Uber's code and words. */
import { codes } from "../format.js";
import { ErrorCode } from "../parts/small.js";
import type { JobDetail } from "../server/types.js";

export function Rejected({ job: { rejections } }: { job: JobDetail }) {
  if (rejections.length === 0) return null;
  return (
    <section class="card rejected-by-uber" aria-labelledby="rejected-title">
      <h2 id="rejected-title">Rejected by Uber</h2>
      <ul>
        {rejections.map(({ status, code, message, codes: size }) => (
          <li key={`${code} ${message}`}>
            <b>{codes(size)}</b>: <q dir="auto">{message}</q>{" "}
            <ErrorCode code={code} status={status} />
          </li>
        ))}
      </ul>
      <p class="quiet">Nothing of these requests was queued: their codes are free again.</p>
    </section>
  );
}
