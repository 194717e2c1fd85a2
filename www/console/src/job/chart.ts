/** An area chart of the states over time: stacked steps, with the patterns of the bar. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { number, timeOfDayExactly } from "../format.js";
import { SAMPLED_STATES, type Sample } from "../server/types.js";
import { STATES, type State } from "../words.js";

const HEIGHT = 208;
/** Ticks of the time axis: no fractions of a second. */
const SECONDS = [1, 2, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 43_200, 86_400, 604_800];
/** A lower state is drawn over a higher one, so the order is that of the bar, from below. */
const DRAWN: readonly State[] = [...STATES].reverse();

const stepped = uPlot.paths.stepped?.({ align: 1 });

export interface Chart {
  update(samples: readonly Sample[]): void;
  destroy(): void;
}

/** `onPoint` gets the sample under the pointer. */
export function createChart(
  element: HTMLElement,
  samples: readonly Sample[],
  onPoint: (sample: Sample | null) => void,
): Chart {
  let current = samples;
  const draw = () => {
    const ink = colourOf(element, "chart-ink");
    const line = colourOf(element, "chart-line");
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false } };
    return new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
        scales: { x: { time: true }, y: { range: (_, __, most) => [0, Math.max(most, 1)] } },
        axes: [
          { ...axis, grid: { show: false }, values: times, space: 96, size: 32, incrs: SECONDS },
          { ...axis, values: (_, splits) => splits.map((split) => wholeOrNot(split)), size: 56 },
        ],
        series: [
          {},
          ...DRAWN.map((state) => {
            const colour = colourOf(element, `bar-${state}`);
            return {
              width: 0,
              fill: patternOf(element, state, colour),
              points: { show: false },
              // A count holds until the next sample.
              ...(stepped && { paths: stepped }),
            };
          }),
        ],
        hooks: {
          setCursor: [
            ({ cursor: { idx } }) => onPoint(idx == null ? null : (current[idx] ?? null)),
          ],
        },
      },
      stacked(current),
      element,
    );
  };
  let plot = draw();
  const size = new ResizeObserver(() =>
    plot.setSize({ width: element.clientWidth, height: HEIGHT }),
  );
  size.observe(element);
  // Colours on a canvas don't follow the styles of the page.
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const redraw = () => {
    plot.destroy();
    plot = draw();
  };
  dark.addEventListener("change", redraw);
  return {
    update(next) {
      current = next;
      plot.setData(stacked(next));
    },
    destroy() {
      dark.removeEventListener("change", redraw);
      size.disconnect();
      plot.destroy();
    },
  };
}

/** The times, and for each state the sum of everything below its upper edge. */
function stacked(samples: readonly Sample[]): uPlot.AlignedData {
  const times = samples.map(([at]) => at / 1000);
  const sums = samples.map(() => 0);
  const edges = new Map<State, number[]>();
  for (const state of STATES) {
    const position = 1 + SAMPLED_STATES.indexOf(state);
    samples.forEach((sample, index) => {
      sums[index] = (sums[index] ?? 0) + (sample[position] ?? 0);
    });
    edges.set(state, [...sums]);
  }
  return [times, ...DRAWN.map((state) => edges.get(state) as number[])];
}

const times: uPlot.Axis.Values = (_, splits) => splits.map((at) => timeOfDayExactly(at * 1000));
const wholeOrNot = (value: number): string => (Number.isInteger(value) ? number(value) : "");

/** The computed style of a class. */
function colourOf(element: HTMLElement, name: string): string {
  const probe = document.createElement("span");
  probe.className = name;
  element.append(probe);
  const { backgroundColor } = getComputedStyle(probe);
  probe.remove();
  return backgroundColor;
}

const TILE = 8;

/** Lines in a different direction for each state, as in the bar. */
function patternOf(element: HTMLElement, state: State, colour: string): CanvasPattern | string {
  const tile = document.createElement("canvas");
  tile.width = tile.height = TILE;
  const context = tile.getContext("2d");
  const lines = LINES[state];
  if (context === null || lines === undefined) return colour;
  context.fillStyle = colour;
  context.fillRect(0, 0, TILE, TILE);
  context.strokeStyle = colourOf(element, "chart-stripe");
  context.lineWidth = 1.5;
  for (const [fromX, fromY, toX, toY] of lines) {
    context.beginPath();
    context.moveTo(fromX, fromY);
    context.lineTo(toX, toY);
    context.stroke();
  }
  return context.createPattern(tile, "repeat") ?? colour;
}

type Line = [fromX: number, fromY: number, toX: number, toY: number];

const RISING: Line[] = [
  [-2, 10, 10, -2],
  [-2, 2, 2, -2],
  [6, 10, 10, 6],
];
const FALLING = RISING.map(([a, b, c, d]): Line => [TILE - a, b, TILE - c, d]);

const LINES: Partial<Record<State, Line[]>> = {
  queued: RISING,
  unknown: FALLING,
  sending: [[4, 0, 4, 8]],
  failed: [[0, 4, 8, 4]],
  rejected: [
    [1, 2, 3, 2],
    [5, 6, 7, 6],
  ],
  abandoned: [...RISING, ...FALLING],
};
