/** How a job is sent: the delay, and whether one code is sent first. */
import type { ComponentChildren } from "preact";

import { count } from "../format.js";
import type { SendingOptions } from "./sending-options.js";

interface Props {
  how: SendingOptions;
  /** How many seconds there are to cancel it; 0 if it starts at once. */
  seconds: number;
  onChange(how: SendingOptions): void;
  /** Further decisions about it. */
  children?: ComponentChildren;
}

export function SendingOptionsForm({ how, seconds, onChange, children }: Props) {
  return (
    <fieldset class="how">
      <legend class="visually-hidden">How it is sent</legend>
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
                : `This page starts it in ${count(seconds, "second")}. If you close the page before, it is cancelled.`}
            </span>
          </span>
        </label>
      )}
      {children}
    </fieldset>
  );
}
