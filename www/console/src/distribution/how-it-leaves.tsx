/** How a job leaves: after how long, and whether one code goes first. */
import type { CodeList } from "uber-vouchers";

import { codes, count, number, shortId } from "../format.js";
import type { How } from "./how.js";

interface Props {
  how: How;
  /** So long there is to cancel it; 0 if it starts at once. */
  seconds: number;
  /** Of one program: one of its codes can go first. */
  list: CodeList | null;
  leaving: number;
  onChange(how: How): void;
}

export function HowItLeaves({ how, seconds, list, leaving, onChange }: Props) {
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
      {list !== null && leaving > 1 && (
        <OneFirst how={how} list={list} leaving={leaving} onChange={onChange} />
      )}
    </fieldset>
  );
}

/** So many are offered to choose from; any other can be typed. */
const OFFERED = 100;

function OneFirst({
  how,
  list,
  leaving,
  onChange,
}: Pick<Props, "how" | "leaving" | "onChange"> & { list: CodeList }) {
  const offered: string[] = [];
  for (const code of list) {
    offered.push(code);
    if (offered.length === OFFERED) break;
  }
  const isOn = how.first !== null;
  return (
    <>
      <label class="decision">
        <input
          type="checkbox"
          checked={isOn}
          onChange={(event) =>
            onChange({ ...how, first: event.currentTarget.checked ? (offered[0] ?? "") : null })
          }
        />
        <span>
          Send one code first
          <span class="decision-more">
            It pauses by itself then. You see what became of it, and send the other{" "}
            {number(leaving - 1)}.
          </span>
        </span>
      </label>
      {isOn && (
        <label class="how-first">
          Which one, of {codes(list.size)}
          <input
            list="how-offered"
            value={how.first ?? ""}
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => onChange({ ...how, first: event.currentTarget.value })}
          />
          <datalist id="how-offered">
            {offered.map((code) => (
              <option key={code} value={code}>
                {shortId(code)}
              </option>
            ))}
          </datalist>
        </label>
      )}
    </>
  );
}
