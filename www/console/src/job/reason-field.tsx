/** An optional sentence for the audit trail. */
import { LIMITS } from "../server/types.js";

interface Props {
  value: string;
  onChange(value: string): void;
}

export function ReasonField({ value, onChange }: Props) {
  return (
    <label class="typed">
      <span>
        Why <span class="quiet">(optional; recorded in the audit trail)</span>
      </span>
      <input
        value={value}
        maxLength={LIMITS.reasonCharacters}
        autocomplete="off"
        dir="auto"
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </label>
  );
}
