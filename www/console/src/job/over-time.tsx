/** The states over time, as a chart and as a table. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { number, timeOfDayExactly } from "../format.js";
import { Fold } from "../parts/fold.js";
import { Moment } from "../parts/small.js";
import { type JobDetail, SAMPLED, type Sample } from "../server/types.js";
import { STATES, type State } from "../words.js";
import { type Chart, createChart } from "./chart.js";

const MOST_ROWS = 240;
/** Fewer are a table: a chart would show a course that nobody has seen. */
const LEAST_DRAWN = 5;

export function OverTime({ job }: { job: JobDetail }) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart | null>(null);
  const [point, setPoint] = useState<Sample | null>(null);
  const [isTable, setTable] = useState(false);
  const samples = useMemo(() => upToNow(job), [job]);
  const shown = STATES.filter((state) => samples.some((sample) => of(sample, state) > 0));
  const isDrawn = samples.length >= LEAST_DRAWN && !isTable;

  useEffect(() => {
    if (!isDrawn || element.current === null) return undefined;
    const made = createChart(element.current, samples, setPoint);
    chart.current = made;
    return () => {
      chart.current = null;
      made.destroy();
    };
  }, [isDrawn]);
  useEffect(() => chart.current?.update(samples), [samples]);

  const last = point ?? samples.at(-1);
  return (
    <Fold class="chart-card" title="States over time">
      {samples.length < 2 ? (
        <p class="chart-none quiet">It begins to show once something has changed.</p>
      ) : !isDrawn ? (
        <Table samples={samples.slice(-MOST_ROWS)} states={shown} />
      ) : (
        <>
          <div class="chart" ref={element} role="img" aria-label={inWords(samples, shown)} />
          <p class="chart-point">
            {last && (
              <>
                <b>{timeOfDayExactly(last[0])}</b>
                {shown.map((state) => (
                  <span key={state}>
                    <span class={`swatch bar-${state}`} /> {number(of(last, state))} {state}
                  </span>
                ))}
              </>
            )}
          </p>
        </>
      )}
      {samples.length >= LEAST_DRAWN && (
        <p class="chart-more">
          <button
            type="button"
            class="button button-small"
            aria-pressed={isTable}
            onClick={() => setTable(!isTable)}
          >
            As a table
          </button>
        </p>
      )}
    </Fold>
  );
}

const of = (sample: Sample, state: State): number => sample[1 + SAMPLED.indexOf(state)] ?? 0;

/** Nothing is sampled while nothing changes: the figures of now are those of the last change. */
function upToNow({ samples, progress, status, createdAt }: JobDetail): readonly Sample[] {
  const first: Sample = [createdAt, progress.total, 0, 0, 0, 0, 0, 0, 0];
  const all = samples[0] && samples[0][0] > createdAt ? [first, ...samples] : samples;
  if (status !== "running") return all;
  const now: Sample = [Date.now(), ...SAMPLED.map((state) => progress[state])];
  const last = all.at(-1);
  return last && last[0] >= now[0] ? all : [...all, now];
}

function inWords(samples: readonly Sample[], states: readonly State[]): string {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last) return "Nothing yet";
  const counts = states.map((state) => `${number(of(last, state))} ${state}`).join(", ");
  return `From ${timeOfDayExactly(first[0])} to ${timeOfDayExactly(last[0])}, ending with ${counts}`;
}

function Table({ samples, states }: { samples: readonly Sample[]; states: readonly State[] }) {
  return (
    <div class="samples" tabIndex={0} role="group" aria-label="States over time">
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {states.map((state) => (
              <th key={state} scope="col" class="figure">
                {state}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {samples.map((sample) => (
            <tr key={sample[0]}>
              <td>
                <Moment ms={sample[0]} isShort />
              </td>
              {states.map((state) => (
                <td key={state} class="figure">
                  {number(of(sample, state))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
