/** A setting with some values to choose from. */
interface Props<T extends number | string> {
  label: string;
  value: T;
  options: readonly T[];
  show(option: T): string;
  onChoose(option: T): void;
}

export function Choice<T extends number | string>({
  label,
  value,
  options,
  show,
  onChoose,
}: Props<T>) {
  // A value that was set elsewhere may be another one.
  const all = options.includes(value) ? options : [...options, value].sort(ascending);
  return (
    <label class="sandbox-choice">
      <span>{label}</span>
      <select
        value={String(value)}
        onChange={({ currentTarget }) => {
          const chosen = all[currentTarget.selectedIndex];
          if (chosen !== undefined) onChoose(chosen);
        }}
      >
        {all.map((option) => (
          <option key={option} value={String(option)}>
            {show(option)}
          </option>
        ))}
      </select>
    </label>
  );
}

const ascending = (one: number | string, other: number | string): number =>
  Number(one) - Number(other);
