/** What is known of each code of a job, page by page. */
import { hexOf } from "../codes/code-list.js";
import { RESULTS_PER_PAGE, RESULT_ROW_BYTES, SOURCES, STATES } from "../generated/protocol.js";
import type { JobMachine } from "../wasm/job-machine.js";
import { invalidOption, quietly } from "../errors.js";
import type { HostReadableStream, JobResult, StateFilter } from "./types.js";

/** Where reading begins, and the place of the code that was read last. */
export interface Cursor {
  place: number;
}

/** The states that a caller names, as a set of bits; undefined for all. */
export function statesIn(filter: StateFilter | undefined): number | undefined {
  if (filter === undefined) return undefined;
  // A list that throws is no list of states.
  const listed = quietly((): unknown[] | false => Array.isArray(filter) && Array.from(filter));
  return (listed || [filter]).reduce<number>((bits, state) => {
    const number = STATES.findIndex((name) => name === state);
    if (number < 0) throw invalidOption("The filter is no state of a code");
    return bits | (1 << number);
  }, 0);
}

/** Reads the results, a page at a time. */
export function* results(
  machine: JobMachine,
  states?: number,
  cursor: Cursor = { place: 0 },
): Generator<JobResult> {
  for (let from = cursor.place; ;) {
    const page = machine.results(from, states);
    const read = rowReader(machine, page);
    for (let at = 0; at < page.length; at += RESULT_ROW_BYTES) {
      const [place, result] = read(at);
      cursor.place = place;
      yield result;
      from = place + 1;
    }
    if (page.length < RESULTS_PER_PAGE * RESULT_ROW_BYTES) return;
  }
}

/** What is known of one code; undefined where the job has no such code. */
export function resultOf(machine: JobMachine, code: string): JobResult | undefined {
  const row = machine.find(code);
  return row && rowReader(machine, row)(0)[1];
}

/** The name of a number that the core gave. */
export function numbered<T>(names: readonly T[], number: number): T {
  const name = names[number];
  if (name === undefined) throw new Error(`The core has no number ${number} here`);
  return name;
}

/** Reads the rows of a page as the core gives them. */
function rowReader(machine: JobMachine, page: Uint8Array) {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const reasonAt = (at: number) => view.getUint16(at + 6, true);
  const reasons = new Map<number, string | null>([[0, null]]);
  // All at once: what is reported between two rows can number them anew.
  for (let at = 0; at < page.length; at += RESULT_ROW_BYTES) {
    const number = reasonAt(at);
    if (!reasons.has(number)) reasons.set(number, machine.reason(number));
  }
  return (at: number): [place: number, result: JobResult] => {
    const place = view.getUint32(at, true);
    return [
      place,
      {
        code: hexOf(page, at + 8),
        state: numbered(STATES, view.getUint8(at + 4)),
        batch: view.getUint32(at + 24, true),
        reason: reasons.get(reasonAt(at)) ?? null,
        by: numbered(SOURCES, view.getUint8(at + 5)),
      },
    ];
  };
}

/** The results as a CSV file. */
export function resultsCsv(
  rows: Iterable<JobResult>,
): HostReadableStream & AsyncIterable<Uint8Array> {
  const lines = csv(rows);
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { done, value } = lines.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  });
  // Not every host's streams can be looped over.
  if (!(Symbol.asyncIterator in stream)) {
    Object.defineProperty(stream, Symbol.asyncIterator, { value: () => chunks(stream) });
  }
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- Which it is depends on the platform's types.
  return stream as never;
}

async function* chunks(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}

function* csv(rows: Iterable<JobResult>): Generator<Uint8Array, undefined> {
  const encoder = new TextEncoder();
  let text = "code,state,batch,reason,by\r\n";
  let count = 0;
  for (const { code, state, batch, reason, by } of rows) {
    text += `${code},${state},${batch},${cell(reason ?? "")},${by ?? ""}\r\n`;
    if (++count % RESULTS_PER_PAGE === 0) {
      yield encoder.encode(text);
      text = "";
    }
  }
  yield encoder.encode(text);
}

// What begins like a formula would be run as one, in the full-width form too.
function cell(text: string): string {
  const safe = /^\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
