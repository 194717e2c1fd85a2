/** How many codes are in each state: a bar, and the same figures as a table. */
import type { JobProgress } from "uber-vouchers";

import { number } from "../format.js";
import { StateSign } from "../parts/icons.js";
import { SENTENCES, STATES } from "../words.js";

export function Bar({ progress }: { progress: JobProgress }) {
  const shown = STATES.filter((state) => progress[state] > 0);
  const label = shown.map((state) => `${number(progress[state])} ${state}`).join(", ");
  return (
    <div class="bar" role="img" aria-label={label}>
      {shown.map((state) => (
        <span
          key={state}
          class={`bar-part bar-${state}`}
          style={{ flexGrow: progress[state] }}
          title={`${number(progress[state])} ${state}`}
        />
      ))}
    </div>
  );
}

export function Figures({ progress }: { progress: JobProgress }) {
  return (
    <table class="figures">
      <caption class="unseen">Codes in each state</caption>
      <tbody>
        {STATES.map((state) => (
          <tr key={state} class={progress[state] === 0 ? "figure-none" : ""}>
            <th scope="row">
              <span class={`swatch bar-${state}`} />
              <StateSign state={state} />
              {state}
            </th>
            <td class="figure">{number(progress[state])}</td>
            <td class="figure-sentence">{SENTENCES[state]}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">total</th>
          <td class="figure">{number(progress.total)}</td>
          <td class="figure-sentence">Every code is in exactly one state.</td>
        </tr>
      </tfoot>
    </table>
  );
}
