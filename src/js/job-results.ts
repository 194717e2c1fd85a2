/** What is known of each code of a job, page by page. */
import { hexOf } from "./code-list.js";
import type { JobMachine } from "./job-machine.js";
import type { CodeState, HostReadableStream, JobResult } from "./job-types.js";

/** In the order in which the core numbers them. */
export const STATES = [
  "pending",
  "sending",
  "queued",
  "distributed",
  "failed",
  "rejected",
  "unknown",
  "abandoned",
] as const satisfies CodeState[];
const EVIDENCE = [null, "answer", "webhook", "operator"] as const;

const PAGE = 1024;
const ROW = 24;

/** Where reading begins, and the place of the code that was read last. */
export interface Cursor {
  place: number;
}

/** Reads the results, a page at a time. */
export function* results(
  machine: JobMachine,
  batchSize: number,
  filter?: CodeState,
  cursor: Cursor = { place: 0 },
): Generator<JobResult> {
  const state = filter === undefined ? undefined : STATES.indexOf(filter);
  for (let from = cursor.place; ;) {
    const page = machine.results(from, state);
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    const reasonOf = (at: number) => view.getUint16(at + 6, true);
    const reasons = new Map<number, string | null>([[0, null]]);
    // All at once: what is reported between two rows can number them anew.
    for (let at = 0; at < page.length; at += ROW) {
      const number = reasonOf(at);
      if (!reasons.has(number)) reasons.set(number, machine.reason(number));
    }
    for (let at = 0; at < page.length; at += ROW) {
      const place = view.getUint32(at, true);
      cursor.place = place;
      yield {
        code: hexOf(page, at + 8),
        state: STATES[page[at + 4] as number] as CodeState,
        batch: Math.floor(place / batchSize),
        reason: reasons.get(reasonOf(at)) ?? null,
        by: EVIDENCE[page[at + 5] as number] ?? null,
      };
      from = place + 1;
    }
    if (page.length < PAGE * ROW) return;
  }
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
    if (++count % PAGE === 0) {
      yield encoder.encode(text);
      text = "";
    }
  }
  yield encoder.encode(text);
}

// What begins like a formula would be run as one.
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
