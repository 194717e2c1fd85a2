/**
 * Jobs of one upload that spans programs: none starts before all are created.
 *
 * Creating them is not one transaction. So the group is written down before,
 * and from the moment that it is written down as complete, all of them start,
 * whatever breaks; before it, all of them go.
 */
import { Refusal, refuse } from "./problem.js";
import { logError } from "./log.js";
import type { ObjectStorage } from "./platform-types.js";
import type { Stubs } from "./stubs.js";

/** What a member of a group is. */
export interface Member {
  programId: string;
  jobId: string;
}

interface Group {
  /** Names the request that creates them, of several with one key. */
  attempt: string;
  digest: string;
  programs: readonly string[];
  /** Once all of them are created. */
  members?: Member[];
  /** Whether they run then, or wait for an operator. */
  starts?: boolean;
  isCancelled?: boolean;
  /** Cancelled, and all of its jobs are gone. */
  isUndone?: boolean;
}

/** What there is to say about a group that is about to be created. */
export type Begun =
  { state: "new"; attempt: string } | { state: "there"; members: Member[] } | { state: "busy" };

/** So long an upload may take from the end of its body on. */
const PATIENCE_MS = 5 * 60_000;
const AGAIN_MS = 2_000;
/** So long after a restart: who was creating jobs is most likely gone. */
const ORPHANED_MS = 15_000;

export class Groups {
  readonly #storage: ObjectStorage;
  readonly #stubs: Stubs;
  /** Who is creating jobs, as far as this object knows since it started. */
  readonly #attempts = new Set<string>();

  constructor(storage: ObjectStorage, stubs: Stubs) {
    this.#storage = storage;
    this.#stubs = stubs;
    storage.sql.exec(`CREATE TABLE IF NOT EXISTS groups (
      key TEXT PRIMARY KEY, due_at INTEGER NOT NULL, value TEXT NOT NULL)`);
    const soon = Date.now() + ORPHANED_MS;
    storage.sql.exec("UPDATE groups SET due_at = ? WHERE due_at > ?", soon, soon);
    void this.#arm();
  }

  /** Writes down that these jobs are about to be created. */
  async begin(
    key: string,
    digest: string,
    programs: readonly string[],
  ): Promise<Begun | { refused: Refusal["problem"] }> {
    const found = this.#read(key);
    // What is left of an earlier attempt has to go first.
    if (found?.isCancelled && !found.isUndone) return { state: "busy" };
    if (found && !found.isCancelled) {
      if (found.digest !== digest) {
        const { problem } = refuse(
          422,
          "idempotency_key_reused",
          "This Idempotency-Key was used for another upload",
          "Use a new one for each upload.",
        );
        return { refused: problem };
      }
      if (found.members) return { state: "there", members: found.members };
      // One that is gone is taken over: the jobs that it has created are these.
      if (this.#attempts.has(found.attempt)) return { state: "busy" };
    }
    const attempt = crypto.randomUUID();
    this.#attempts.add(attempt);
    this.#write(key, { attempt, digest, programs }, Date.now() + PATIENCE_MS);
    await this.#arm();
    return { state: "new", attempt };
  }

  /** All are created: from here on they start. False if they were given up meanwhile. */
  async commit(key: string, attempt: string, members: Member[], starts: boolean): Promise<boolean> {
    const group = this.#read(key);
    if (group?.attempt !== attempt || group.isCancelled) return false;
    await this.#finish(key, { ...group, members, starts });
    return true;
  }

  /** Some could not be created: none starts. */
  async cancel(key: string, attempt: string): Promise<void> {
    const group = this.#read(key);
    if (group?.attempt !== attempt || group.members) return;
    await this.#undo(key, group);
  }

  /** Starts what is complete, and undoes what was given up. */
  async goOn(): Promise<void> {
    const rows = this.#storage.sql.exec<{ key: string }>(
      "SELECT key FROM groups WHERE due_at > 0 AND due_at <= ?",
      Date.now(),
    );
    for (const { key } of [...rows]) {
      // What came meanwhile counts.
      const group = this.#read(key);
      if (group) await (group.members ? this.#finish(key, group) : this.#undo(key, group));
    }
    await this.#arm();
  }

  /** Should this end, or an object be out of reach, it is tried again. */
  async #later(key: string, group: Group): Promise<void> {
    this.#write(key, group, Date.now() + AGAIN_MS);
    await this.#arm();
  }

  async #finish(key: string, group: Group): Promise<void> {
    const { members = [], starts = false } = group;
    await this.#later(key, group);
    const areStarted = await this.#each(members, ({ programId, jobId }) =>
      this.#stubs.program(programId).start(jobId, starts),
    );
    if (areStarted) this.#write(key, group, 0);
  }

  async #undo(key: string, group: Group): Promise<void> {
    // Before the jobs go, so that none of them can be committed any more.
    const cancelled = { ...group, isCancelled: true };
    await this.#later(key, cancelled);
    const areGone = await this.#each(group.programs, (program) =>
      this.#stubs.program(program).discard(key),
    );
    if (areGone) this.#write(key, { ...cancelled, isUndone: true }, 0);
  }

  /** Whether all of it succeeded. */
  async #each<T>(values: readonly T[], work: (value: T) => Promise<unknown>): Promise<boolean> {
    // The platform allows six connections at a time.
    const rest = [...values];
    const worker = async () => {
      for (let value = rest.shift(); value !== undefined; value = rest.shift()) await work(value);
    };
    const ended = await Promise.allSettled(Array.from({ length: 6 }, worker));
    const failed = ended.find(({ status }) => status === "rejected");
    if (failed) logError("group", (failed as PromiseRejectedResult).reason);
    return failed === undefined;
  }

  async #arm(): Promise<void> {
    const [row] = this.#storage.sql.exec<{ due: number | null }>(
      "SELECT min(due_at) AS due FROM groups WHERE due_at > 0",
    );
    if (row?.due != null) await this.#storage.setAlarm(Math.max(row.due, Date.now() + 50));
  }

  #read(key: string): Group | undefined {
    const [row] = this.#storage.sql.exec<{ value: string }>(
      "SELECT value FROM groups WHERE key = ?",
      key,
    );
    return row === undefined ? undefined : (JSON.parse(row.value) as Group);
  }

  #write(key: string, group: Group, dueAt: number): void {
    this.#storage.sql.exec(
      "INSERT OR REPLACE INTO groups VALUES (?, ?, ?)",
      key,
      dueAt,
      JSON.stringify(group),
    );
  }
}
