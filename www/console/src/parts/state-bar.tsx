/** How many codes are in each state, as one bar: with colours, patterns and, beside it, words. */
import { number } from "../format.js";
import type { JobProgress } from "../server/types.js";
import { STATES } from "../words.js";

export function StateBar({
  progress,
  isSmall = false,
}: {
  progress: JobProgress;
  isSmall?: boolean;
}) {
  const shown = STATES.filter((state) => progress[state] > 0);
  const label = shown.map((state) => `${number(progress[state])} ${state}`).join(", ");
  return (
    <span class={isSmall ? "bar bar-small" : "bar"} role="img" aria-label={label || "No codes"}>
      {shown.map((state) => (
        <span
          key={state}
          class={`bar-part bar-${state}`}
          style={{ flexGrow: progress[state] }}
          title={`${number(progress[state])} ${state}`}
        />
      ))}
    </span>
  );
}
