/** The states over time, as a chart and as a table. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { dateTime, iso, number, timeOfDayExactly } from "../format.js";
import { Fold } from "../parts/fold.js";
import { type JobDetail, SAMPLED_STATES, type Sample } from "../server/types.js";
import { STATES, type State } from "../words.js";
import { type Chart, createChart } from "./chart.js";

const MAX_ROWS = 240;
/** Fewer samples are only a table: a chart would show a development that was not observed. */
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
        <p class="chart-none quiet">It is shown once something has changed.</p>
      ) : !isDrawn ? (
        <Table samples={samples.filter(isChange).slice(-MAX_ROWS)} states={shown} />
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

/** Whether a sample differs from the one before: while nothing changes, a row says it all. */
const isChange = ([, ...counts]: Sample, at: number, all: readonly Sample[]): boolean =>
  counts.some((count, index) => count !== all[at - 1]?.[index + 1]);

const of = (sample: Sample, state: State): number => sample[1 + SAMPLED_STATES.indexOf(state)] ?? 0;

/** No samples are taken while nothing changes: the current figures are those of the last change. */
function upToNow({ samples, progress, status, createdAt }: JobDetail): readonly Sample[] {
  const first: Sample = [createdAt, progress.total, 0, 0, 0, 0, 0, 0, 0];
  const all = samples[0] && samples[0][0] > createdAt ? [first, ...samples] : samples;
  if (status !== "running") return all;
  const now: Sample = [Date.now(), ...SAMPLED_STATES.map((state) => progress[state])];
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
  const days = new Set(samples.map(([at]) => new Date(at).toDateString()));
  const isOneDay = days.size === 1;
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
                <time dateTime={iso(sample[0])} title={iso(sample[0])}>
                  {isOneDay ? timeOfDayExactly(sample[0]) : dateTime(sample[0])}
                </time>
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
