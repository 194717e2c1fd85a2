/** The jobs of one program, as its object stores them. */
import { type NewEntry, toEntry } from "../../account/audit.js";
import type { JobProgress } from "../../../job/types.js";
import type { Sql, SqlValue } from "../../platform-types.js";
import type { Words } from "./rejections.js";
import { START_AT_ONCE, type StartPlan } from "./start-plan.js";
import { type Trait, statusesWith } from "./statuses.js";
import { type JsonText, parseStored } from "../../stored-json.js";
import { type Tables, onlyRow } from "../../tables.js";
import type { AuditEntry, EvidenceSources, JobSample, JobStatus, JobSummary } from "../../types.js";

export interface JobRecord {
  /** An ascending number, which identifies the job in the ledger. */
  number: number;
  /** The Idempotency-Key of the request that created it. */
  key: string | null;
  /** The parameters that decide what is sent, as text: a repeated key must have the same. */
  digest: string;
  /** Whether it began as a single distribute call. */
  isCall: boolean;
  /** Until it is sent, while the codes are in a job of their own. */
  isFolded: boolean;
  summary: JobSummary;
  samples: JobSample[];
  /** The sources of its codes' states. */
  sources: EvidenceSources;
  /** How many requests were sent, and when the last one was noticed; `null` if never checked. */
  sent: { requests: number; at: number } | null;
  /** When it starts to send. */
  plan: StartPlan;
  /** Uber's messages for what it refused. */
  words: Words;
  /** Audit entries that the app's object does not have yet. */
  untold: AuditEntry[];
  /** A digest of its codes that are known to be in use. */
  knownUse: string;
  /** Whether it may share codes with another job: reports of these are for both. */
  sharesCodes: boolean;
  /** Only while its status is `unreadable`. */
  setAside: SetAside | null;
}

/** A job that can't be read. */
export interface SetAside {
  /** Its previous status. */
  status: JobStatus;
  /** The settings and release with which reading failed: with others, it may succeed. */
  readWith: string;
}

/** The content of the column `summary`. */
type Stored = JobSummary &
  Partial<
    Pick<JobRecord, "sources" | "sent" | "plan" | "words" | "untold" | "knownUse" | "sharesCodes">
  >;

interface Row {
  number: number;
  key: string | null;
  digest: string;
  is_call: number;
  is_folded: number;
  summary: JsonText<Stored>;
  samples: JsonText<JobSample[]>;
  set_aside: JsonText<SetAside> | null;
}

const NOTHING: JobProgress = {
  total: 0,
  pending: 0,
  sending: 0,
  queued: 0,
  distributed: 0,
  failed: 0,
  rejected: 0,
  unknown: 0,
  abandoned: 0,
  requests: 0,
  retries: 0,
  startedAt: 0,
  etaMs: null,
  waitingUntil: null,
  usedBefore: 0,
  pausedAfter: false,
};

const NO_SOURCES: EvidenceSources = {
  answer: { codes: 0, lastAt: null },
  webhook: { codes: 0, lastAt: null },
  usage: { codes: 0, lastAt: null },
  operator: { codes: 0, lastAt: null },
};

const NOTHING_LEFT_OUT = { cancelled: 0, used: 0 };

const SUMMARY = {
  leftOut: NOTHING_LEFT_OUT,
  note: null,
  startsAt: null,
  pauseAfter: null,
  approval: null,
};

/** Reads a stored summary. An earlier release stored fewer members. */
export function readSummary(text: JsonText<StoredSummary>): JobSummary {
  return withDefaults(parseStored(text));
}

export type StoredSummary = Omit<JobSummary, "name"> & Partial<Pick<JobSummary, "name">>;

function withDefaults({ name, ...summary }: StoredSummary): JobSummary {
  return { ...SUMMARY, ...summary, name: name ?? summary.source ?? "" };
}

/** The state with which a new job begins. */
export type NewRecord = Pick<JobRecord, "key" | "digest" | "isCall" | "plan"> &
  Pick<JobSummary, "programId" | "by" | "source" | "name" | "group" | "duplicates" | "pauseAfter">;

export class Records {
  readonly #sql: Sql;
  /** Records in use: a job has only one record in memory. */
  readonly #known = new Map<number, WeakRef<JobRecord>>();

  readonly #tables: Tables;

  constructor(sql: Sql, tables: Tables) {
    this.#sql = sql;
    this.#tables = tables;
  }

  add({ key, digest, isCall, plan, ...about }: NewRecord, now: number): JobRecord {
    const summary: JobSummary = {
      // Replaced by the job's id once it is created.
      id: crypto.randomUUID(),
      status: "creating",
      progress: { ...NOTHING, startedAt: now },
      createdAt: now,
      updatedAt: now,
      finishedAt: null,
      skipped: 0,
      resent: 0,
      leftOut: NOTHING_LEFT_OUT,
      note: null,
      startsAt: null,
      approval: null,
      error: null,
      waitingUntil: null,
      rate: null,
      ...about,
    };
    const inserted = this.#query<{ number: number }>(
      `INSERT INTO jobs (id, key, digest, status, is_call, summary)
       VALUES (?, ?, ?, ?, ?, ?) RETURNING number`,
      summary.id,
      key,
      digest,
      summary.status,
      Number(isCall),
      JSON.stringify(summary),
    );
    const { number } = onlyRow(inserted);
    const begun = {
      isFolded: false,
      samples: [],
      sources: NO_SOURCES,
      sent: null,
      plan,
      words: {},
      untold: [],
      knownUse: "",
      sharesCodes: true,
      setAside: null,
    };
    const record: JobRecord = { number, key, digest, isCall, summary, ...begun };
    this.#known.set(number, new WeakRef(record));
    return record;
  }

  /** Stores the id of its job. */
  saveId({ number, summary }: JobRecord): void {
    // Separately, because it also writes an index.
    this.#query("UPDATE jobs SET id = ? WHERE number = ?", summary.id, number);
  }

  /** Stores changes. */
  save(record: JobRecord): void {
    const { number, isFolded, summary, samples, setAside } = record;
    const { sources, sent, plan, words, untold, knownUse, sharesCodes } = record;
    this.#query(
      `UPDATE jobs SET status = ?, is_folded = ?, summary = ?, samples = ?, set_aside = ?
       WHERE number = ?`,
      summary.status,
      Number(isFolded),
      JSON.stringify({ ...summary, sources, sent, plan, words, untold, knownUse, sharesCodes }),
      JSON.stringify(samples),
      setAside && JSON.stringify(setAside),
      number,
    );
  }

  /** Releases its key: a later request with this key is a new one. */
  forgetKey(record: JobRecord): void {
    record.key = null;
    this.#query("UPDATE jobs SET key = NULL WHERE number = ?", record.number);
  }

  remove({ number }: JobRecord): void {
    this.#known.delete(number);
    this.#query("DELETE FROM jobs WHERE number = ?", number);
  }

  /** The oldest single call that is kept only for its key. */
  oldestCall(): JobRecord | undefined {
    return this.#one("is_call = 1 AND is_folded = 1 ORDER BY number");
  }

  /** Removes such calls if they are older than this, the oldest first. */
  removeCalls(before: number, most: number): void {
    const gone = this.#query<{ number: number }>(
      `DELETE FROM jobs WHERE number IN (
         SELECT number FROM jobs
         WHERE is_call = 1 AND is_folded = 1 AND summary ->> '$.createdAt' < ?
         ORDER BY number LIMIT ?)
       RETURNING number`,
      before,
      most,
    );
    for (const { number } of gone) this.#known.delete(number);
  }

  byNumber(number: number): JobRecord | undefined {
    return this.#known.get(number)?.deref() ?? this.#one("number = ?", number);
  }

  byId(id: string): JobRecord | undefined {
    return this.#one("id = ?", id);
  }

  byKey(key: string): JobRecord | undefined {
    return this.#one("key = ?", key);
  }

  /** The jobs with this status, the oldest first. */
  inStatus(status: JobStatus): JobRecord[] {
    return this.#all("status = ? ORDER BY number", status);
  }

  /** The jobs that operators see, the newest first. */
  jobs(): JobRecord[] {
    return this.#all(`
      status <> 'creating' AND (is_call = 0 OR
        status IN (${listOf("stuck")}))
      ORDER BY number DESC LIMIT 1000`);
  }

  /** The jobs with a list, the oldest first: without those being created, or set aside. */
  unarchived(): JobRecord[] {
    return this.#all(`
      status IN (${listOf("started")}) AND is_folded = 0
      ORDER BY number`);
  }

  /** The finished jobs that are not in the ledger yet. */
  finished(): JobRecord[] {
    return this.#all("status = 'finished' AND is_folded = 0 ORDER BY number");
  }

  #one(where: string, ...values: SqlValue[]): JobRecord | undefined {
    return this.#all(`${where} LIMIT 1`, ...values)[0];
  }

  #all(where: string, ...values: SqlValue[]): JobRecord[] {
    return this.#query<Row>(`SELECT * FROM jobs WHERE ${where}`, ...values).map((row) => {
      const known = this.#known.get(row.number)?.deref();
      if (known) return known;
      const { number, key, digest } = row;
      // A job of an earlier release has no counts yet; they are made at its next change.
      const stored = parseStored(row.summary);
      const { sources = NO_SOURCES, sent = null, plan = START_AT_ONCE, ...rest } = stored;
      const { words = {}, untold = [], knownUse = "", sharesCodes = true, ...summary } = rest;
      const record: JobRecord = {
        number,
        key,
        digest,
        isCall: row.is_call === 1,
        isFolded: row.is_folded === 1,
        summary: withDefaults(summary),
        sources,
        sent,
        plan,
        words,
        untold,
        knownUse,
        sharesCodes,
        samples: parseStored(row.samples),
        setAside: row.set_aside === null ? null : parseStored(row.set_aside),
      };
      this.#known.set(number, new WeakRef(record));
      return record;
    });
  }

  #query<T = unknown>(query: string, ...values: SqlValue[]): T[] {
    return this.#tables.exist ? [...this.#sql.exec<T>(query, ...values)] : [];
  }
}

/** The statuses with a trait, for SQL. */
const listOf = (trait: Trait) =>
  statusesWith(trait)
    .map((status) => `'${status}'`)
    .join();

/** The operator of an action, and the reason if one was given. */
export interface Who {
  by: string;
  reason: string | null;
}

/** Adds an audit entry to a job, which is stored and reported with it. */
export function note(record: JobRecord, entry: NewEntry): void {
  const { id: job, programId } = record.summary;
  record.untold = [...record.untold, toEntry({ programId, job, ...entry }, Date.now())];
}

/** The status of a job that is not running. */
export function restingStatus({ pending, sending, unknown }: JobProgress): JobStatus {
  if (pending + sending > 0) return "paused";
  return unknown > 0 ? "undecided" : "finished";
}
