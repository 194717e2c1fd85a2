/** The state of each code of a job, page by page. */
import { csvCell } from "../csv-cell.js";
import { hexOf } from "../codes/code-list.js";
import {
  RESULT_BATCH_U32,
  RESULT_BY_U8,
  RESULT_CODE_U128,
  RESULT_INDEX_U32,
  RESULT_REASON_U16,
  RESULT_ROW_BYTES,
  RESULT_STATE_U8,
} from "../generated/jobs.js";
import { RESULTS_PER_PAGE, SOURCES, STATES } from "../generated/protocol.js";
import type { JobMachine } from "../wasm/job-machine.js";
import { invalidOption, tryOrUndefined } from "../errors.js";
import type { HostReadableStream, JobResult, StateFilter } from "./types.js";

/** Where reading starts, and the index of the code that was read last. */
export interface Cursor {
  place: number;
}

/** The states that a caller names, as a set of bits; undefined for all states. */
export function statesIn(filter: StateFilter | undefined): number | undefined {
  if (filter === undefined) return undefined;
  // A value whose iterator throws is not a list of states.
  const listed = tryOrUndefined(
    (): unknown[] | false => Array.isArray(filter) && Array.from(filter),
  );
  return (listed || [filter]).reduce<number>((bits, state) => {
    const number = STATES.findIndex((name) => name === state);
    if (number < 0) throw invalidOption("The filter is not a code state");
    return bits | (1 << number);
  }, 0);
}

/** Reads the results, one page at a time. */
export function* results(
  machine: JobMachine,
  states?: number,
  cursor: Cursor = { place: 0 },
): Generator<JobResult> {
  for (let from = cursor.place; ;) {
    const page = machine.results(from, states);
    const read = rowReader(machine, page);
    for (let at = 0; at < page.length; at += RESULT_ROW_BYTES) {
      const [index, result] = read(at);
      cursor.place = index;
      yield result;
      from = index + 1;
    }
    if (page.length < RESULTS_PER_PAGE * RESULT_ROW_BYTES) return;
  }
}

/** The result of one code; undefined if the job does not have the code. */
export function resultOf(machine: JobMachine, code: string): JobResult | undefined {
  const row = machine.find(code);
  return row && rowReader(machine, row)(0)[1];
}

/** The name for a number from the core. */
export function numbered<T>(names: readonly T[], number: number): T {
  const name = names[number];
  if (name === undefined) throw new Error(`The core uses no number ${number} here`);
  return name;
}

/** Reads the rows of a page from the core. */
function rowReader(machine: JobMachine, page: Uint8Array) {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const reasonAt = (at: number) => view.getUint16(at + RESULT_REASON_U16, true);
  const reasons = new Map<number, string | null>([[0, null]]);
  // Read up front: an outcome reported between two rows can renumber the reasons.
  for (let at = 0; at < page.length; at += RESULT_ROW_BYTES) {
    const number = reasonAt(at);
    if (!reasons.has(number)) reasons.set(number, machine.reason(number));
  }
  return (at: number): [place: number, result: JobResult] => {
    const index = view.getUint32(at + RESULT_INDEX_U32, true);
    return [
      index,
      {
        code: hexOf(page, at + RESULT_CODE_U128),
        state: numbered(STATES, view.getUint8(at + RESULT_STATE_U8)),
        batch: view.getUint32(at + RESULT_BATCH_U32, true),
        reason: reasons.get(reasonAt(at)) ?? null,
        by: numbered(SOURCES, view.getUint8(at + RESULT_BY_U8)),
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
  // Not all hosts have streams that are iterable.
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
    text += `${code},${state},${batch},${csvCell(reason ?? "")},${by ?? ""}\r\n`;
    if (++count % RESULTS_PER_PAGE === 0) {
      yield encoder.encode(text);
      text = "";
    }
  }
  yield encoder.encode(text);
}
