/** Filters the results by the reason of a failure or rejection. */
import { number } from "../format.js";
import type { JobDetail } from "../server/types.js";
import { failureWords } from "./failure-words.js";

interface Props {
  job: Pick<JobDetail, "failures" | "rejections">;
  /** `null`: any reason. */
  reason: string | null;
  onChange(reason: string | null): void;
}

const ANY = "any";

export function ReasonFilter({ job: { failures, rejections }, reason, onChange }: Props) {
  const counts = new Map<string | null, number>();
  for (const { reason: one, count } of failures) counts.set(one, count);
  for (const { message, codes } of rejections) {
    counts.set(message, (counts.get(message) ?? 0) + codes);
  }
  if (counts.size === 0 && reason === null) return null;
  return (
    <label class="reason-filter">
      <span class="visually-hidden">Reason</span>
      <select
        value={reason === null ? ANY : `=${reason}`}
        onChange={({ currentTarget: { value } }) => onChange(value === ANY ? null : value.slice(1))}
      >
        <option value={ANY}>Any reason</option>
        {[...counts].map(([one, count]) => (
          <option key={one} value={`=${one ?? ""}`}>
            {failureWords(one).plain ?? one} ({number(count)})
          </option>
        ))}
      </select>
    </label>
  );
}
