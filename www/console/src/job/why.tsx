/** An optional sentence for the audit trail. */
interface Props {
  value: string;
  onChange(value: string): void;
}

const MOST = 500;

export function Why({ value, onChange }: Props) {
  return (
    <label class="typed">
      <span>
        Why <span class="quiet">(optional; it is written into the audit trail)</span>
      </span>
      <input
        value={value}
        maxLength={MOST}
        autocomplete="off"
        dir="auto"
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </label>
  );
}
