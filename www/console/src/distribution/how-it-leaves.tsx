/** How a job leaves: after how long, and whether one code goes first. */
import type { ComponentChildren } from "preact";

import { count } from "../format.js";
import type { How } from "./how.js";

interface Props {
  how: How;
  /** So long there is to cancel it; 0 if it starts at once. */
  seconds: number;
  onChange(how: How): void;
  /** What else is decided about it. */
  children?: ComponentChildren;
}

export function HowItLeaves({ how, seconds, onChange, children }: Props) {
  return (
    <fieldset class="how">
      <legend class="unseen">How it leaves</legend>
      {seconds > 0 && (
        <label class="decision">
          <input
            type="checkbox"
            checked={how.isKept}
            onChange={(event) => onChange({ ...how, isKept: event.currentTarget.checked })}
          />
          <span>
            Start it even if this page is closed
            <span class="decision-more">
              {how.isKept
                ? `It starts in ${count(seconds, "second")}, and can be cancelled until then.`
                : `It starts in ${count(seconds, "second")} from here. Closed before, it is cancelled.`}
            </span>
          </span>
        </label>
      )}
      {children}
    </fieldset>
  );
}
