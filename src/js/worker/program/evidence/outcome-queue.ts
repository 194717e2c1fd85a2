/**
 * Outcomes that were acknowledged and wait to be processed.
 *
 * Rows written are billed, so small events share a row. Rows are short, because the
 * platform refuses rows of more than 2 MB.
 */
import type { ObjectStorage } from "../../platform-types.js";
import { type JsonText, parseStored } from "../../stored-json.js";
import { type Tables, onlyRow } from "../../tables.js";
import type { WebhookOutcome } from "../../../webhook/webhook.js";

/** The most characters of a shared row, because an addition rewrites all of it. */
const SHARED_CHARACTERS = 8 * 1024;
/** The most characters of a row, each of which takes at most three bytes. */
const ROW_CHARACTERS = 256 * 1024;
/** The most characters that are processed at a time. */
const PART_CHARACTERS = 1024 * 1024;

/** The outcomes of an event, with its digest. */
export interface EventOutcomes {
  event: string;
  outcomes: readonly WebhookOutcome[];
}

/** An outcome with its event. */
export interface QueuedOutcome extends WebhookOutcome {
  event?: string;
}

/** Some outcomes, and the id of their last row. */
export interface Chunk {
  outcomes: QueuedOutcome[];
  last: number;
}

export class OutcomeQueue {
  readonly #storage: ObjectStorage;
  readonly #tables: Tables;
  /** The row that the next event is added to, and its length. */
  #open: { id: number; length: number } | undefined;
  #known: Set<number> | undefined;
  /** Whether the queue is empty; undefined if a query is needed, which costs a row. */
  #isEmpty: boolean | undefined;

  constructor(storage: ObjectStorage, tables: Tables) {
    this.#storage = storage;
    this.#tables = tables;
  }

  /** Jobs with outcomes that wait for them. */
  get #waiting(): Set<number> {
    if (this.#known === undefined) {
      if (!this.#tables.exist) return new Set();
      const found = this.#rows<{ job: number }>("SELECT DISTINCT job FROM waiting");
      this.#known = new Set(found.map(({ job }) => job));
    }
    return this.#known;
  }

  get isEmpty(): boolean {
    if (!this.#tables.exist) return true;
    return (this.#isEmpty ??= this.#rows("SELECT 1 FROM inbox LIMIT 1").length === 0);
  }

  /** The jobs for which outcomes wait. */
  get jobs(): number[] {
    return [...this.#waiting];
  }

  /** Stores events. */
  add(events: readonly EventOutcomes[]): void {
    const texts = events.flatMap(({ event, outcomes }) =>
      [...rowsOf(outcomes.map(toText))].map((text) => `{"event":"${event}","outcomes":[${text}]}`),
    );
    for (const text of rowsOf(texts)) this.#add(text);
    if (texts.length > 0) this.#isEmpty = false;
  }

  #add(text: string): void {
    const open = this.#open;
    if (open !== undefined && open.length + text.length < SHARED_CHARACTERS) {
      this.#rows("UPDATE inbox SET outcomes = outcomes || ',' || ? WHERE id = ?", text, open.id);
      open.length += 1 + text.length;
      return;
    }
    const inserted = this.#rows<{ id: number }>(
      "INSERT INTO inbox (outcomes) VALUES (?) RETURNING id",
      text,
    );
    this.#open = { id: onlyRow(inserted).id, length: text.length };
  }

  /** The oldest outcomes. Later events go into other rows. */
  first(): Chunk | undefined {
    this.#open = undefined;
    return partOf(this.#select("SELECT id, outcomes FROM inbox ORDER BY id"));
  }

  /** Deletes what `first` returned. */
  remove({ last }: Chunk): void {
    this.#isEmpty = undefined;
    this.#rows("DELETE FROM inbox WHERE id <= ?", last);
  }

  /** Stores outcomes until their job can take them. */
  keepFor(job: number, outcomes: readonly QueuedOutcome[]): void {
    for (const text of rowsOf(outcomes.map(toText))) {
      this.#rows("INSERT INTO waiting (job, outcomes) VALUES (?, ?)", job, text);
    }
    this.#waiting.add(job);
  }

  /** The oldest outcomes that wait for a job. */
  firstFor(job: number): Chunk | undefined {
    const part = partOf(
      this.#select("SELECT id, outcomes FROM waiting WHERE job = ? ORDER BY id", job),
    );
    if (part === undefined) this.#waiting.delete(job);
    return part;
  }

  /** Deletes what `firstFor` returned. */
  removeFor(job: number, { last }: Chunk): void {
    this.#rows("DELETE FROM waiting WHERE job = ? AND id <= ?", job, last);
  }

  #select(query: string, ...values: number[]): Iterable<Row> {
    return this.#tables.exist ? this.#storage.sql.exec<Row>(query, ...values) : [];
  }

  #rows<T>(query: string, ...values: (string | number)[]): T[] {
    return [...this.#storage.sql.exec<T>(query, ...values)];
  }
}

interface Row {
  id: number;
  outcomes: string;
}

const toText = (outcome: QueuedOutcome) => JSON.stringify(outcome);

/** Joins texts with commas, as rows hold them. */
function* rowsOf(texts: readonly string[]): Generator<string> {
  let row = "";
  for (const text of texts) {
    if (row !== "" && row.length + text.length >= ROW_CHARACTERS) {
      yield row;
      row = "";
    }
    row += row === "" ? text : `,${text}`;
  }
  if (row !== "") yield row;
}

/** The outcomes of the first rows, up to the limit. */
function partOf(rows: Iterable<Row>): Chunk | undefined {
  let [text, last] = ["", 0];
  for (const { id, outcomes } of rows) {
    if (text !== "" && text.length + outcomes.length > PART_CHARACTERS) break;
    text += text === "" ? outcomes : `,${outcomes}`;
    last = id;
  }
  if (text === "") return undefined;
  // In the first version of the tables a row was an array. Waiting outcomes have no event around them.
  const list: JsonText<(EventOutcomes | QueuedOutcome | QueuedOutcome[])[]> = `[${text}]`;
  const outcomes = parseStored(list).flatMap((entry) => {
    if (!("outcomes" in entry)) return entry;
    return entry.outcomes.map((outcome) => ({ ...outcome, event: entry.event }));
  });
  return { outcomes, last };
}
