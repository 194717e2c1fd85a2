/** The figures of the bar as a table: the number, its meaning, its source. */
import { useState } from "preact/hooks";

import { count, number, shares } from "../format.js";
import { StateSign } from "../parts/icons.js";
import { Hint } from "../parts/small.js";
import type { JobDetail } from "../server/types.js";
import { SENTENCES, STATES } from "../words.js";
import { evidenceOf } from "./evidence.js";

export function Figures({ job }: { job: JobDetail }) {
  const { progress } = job;
  const [isWhole, setWhole] = useState(false);
  const shareOf = shares(STATES.map((state) => progress[state]));
  const empty = STATES.filter((state) => progress[state] === 0).length;
  return (
    <>
      <table class="figures">
        <caption class="visually-hidden">Codes in each state</caption>
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col" class="figure">
              Codes
            </th>
            <th scope="col" class="figure figure-share">
              Share
            </th>
            <th scope="col">Evidence</th>
          </tr>
        </thead>
        <tbody>
          {STATES.map((state, index) => {
            const value = progress[state];
            return (
              <tr
                key={state}
                data-state={state}
                class={value === 0 ? "figure-none" : ""}
                hidden={value === 0 && !isWhole}
              >
                <th scope="row">
                  <span class="figure-state">
                    <span class={`swatch bar-${state}`} />
                    <Hint text={SENTENCES[state]}>
                      <span class={`state-word text-${state}`}>
                        <StateSign state={state} />
                        {state}
                      </span>
                    </Hint>
                  </span>
                </th>
                <td class="figure">{number(value)}</td>
                <td class="figure figure-share">{value === 0 ? "" : shareOf[index]}</td>
                <td class="figure-evidence">{value === 0 ? "" : evidenceOf(job, state).text}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {empty > 0 && (
        <button
          type="button"
          class="link figures-more"
          aria-expanded={isWhole}
          onClick={() => setWhole(!isWhole)}
        >
          {isWhole ? "Hide" : "Show"} {count(empty, "state")} without codes
        </button>
      )}
    </>
  );
}
