/** Results of one reason of failure. */
import { number } from "../format.js";
import type { JobDetail } from "../server/types.js";
import { failureWords } from "./failure-words.js";

interface Props {
  failures: JobDetail["failures"];
  /** `null`: any. */
  reason: string | null;
  onChange(reason: string | null): void;
}

const ANY = "any";

export function ReasonFilter({ failures, reason, onChange }: Props) {
  if (failures.length === 0 && reason === null) return null;
  return (
    <label class="reason-filter">
      <span class="unseen">Reason</span>
      <select
        value={reason === null ? ANY : `=${reason}`}
        onChange={({ currentTarget: { value } }) => onChange(value === ANY ? null : value.slice(1))}
      >
        <option value={ANY}>Any reason</option>
        {failures.map(({ reason: one, count }) => (
          <option key={one} value={`=${one ?? ""}`}>
            {failureWords(one).plain ?? one} ({number(count)})
          </option>
        ))}
      </select>
    </label>
  );
}
