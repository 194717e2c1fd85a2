/** One code goes first: which, and what stands against it. */
import type { CodeList } from "uber-vouchers";

import { codes, number, shortId } from "../format.js";
import type { FirstCode } from "./first-code.js";
import type { How } from "./how.js";

export interface OneFirstProps {
  how: How;
  list: CodeList;
  leaving: number;
  /** What is known of the code that was chosen. */
  firstCode: FirstCode;
  /** Codes of the list that are known to be left out: they are not offered. */
  leftOut: ReadonlySet<string>;
  onChange(how: How): void;
  onCheckAgain(): void;
}

/** So many are offered to choose from; any other can be typed. */
const OFFERED = 100;

export function OneFirst(props: OneFirstProps) {
  const { how, list, leaving, firstCode, leftOut, onChange, onCheckAgain } = props;
  const offered: string[] = [];
  for (const code of list) {
    if (offered.length === OFFERED) break;
    if (!leftOut.has(code)) offered.push(code);
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
            aria-invalid={firstCode.step === "absent" || firstCode.step === "left out"}
            aria-describedby="how-first-why"
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
      {isOn && (
        <p class="how-first-why" id="how-first-why" role="status">
          {firstCode.step === "left out" && (
            <b>This code is left out: {firstCode.why}. Choose another one.</b>
          )}
          {firstCode.step === "failed" && (
            <>
              Whether this code can be sent is not known: {firstCode.why}.{" "}
              <button type="button" class="link" onClick={onCheckAgain}>
                Look again
              </button>
            </>
          )}
        </p>
      )}
    </>
  );
}
