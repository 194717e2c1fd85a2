/** The state of the job, in one sentence. */
import { codes, number, verb } from "../format.js";
import type { JobDetail, JobProgress } from "../server/types.js";

export function Outcome({ job: { status, progress } }: { job: JobDetail }) {
  const [first, ...more] =
    status === "cancelled"
      ? [`None of ${codes(progress.total)} was sent`, "cancelled"]
      : outcomeOf(progress);
  return (
    <p class="outcome">
      <b>{first}</b>
      {more.map((part) => (
        <span key={part}> · {part}</span>
      ))}
    </p>
  );
}

/** `25,039 of 30,000 reached their recipients`, `2,100 await a report`, `761 failed`. */
function outcomeOf(progress: JobProgress): string[] {
  const { total, distributed, queued, pending, sending } = progress;
  const open = pending + sending;
  const reached = verb(total, "reached its recipient", "reached their recipients");
  return [
    `${number(distributed)} of ${number(total)} ${reached}`,
    ...(queued > 0 ? [`${number(queued)} ${verb(queued, "awaits", "await")} a report`] : []),
    ...(open > 0 ? [`${number(open)} not queued yet`] : []),
    ...(["unknown", "failed", "rejected", "abandoned"] as const)
      .filter((state) => progress[state] > 0)
      .map((state) => `${number(progress[state])} ${state}`),
  ];
}
