/**
 * Jobs of one upload that spans programs: none starts before all are created.
 *
 * Creating them is not one transaction. So the group is written down before,
 * and from the moment that it is written down as complete, all of them start,
 * whatever breaks; from the moment that it is given up, all of them go. Each
 * job asks which of these it is, until it knows: nobody has to reach it.
 */
import { refuseReusedKey } from "../program/fingerprint.js";
import { Refusal } from "../problem.js";
import type { ObjectStorage } from "../platform-types.js";
import { type JsonText, parseStored } from "../stored-json.js";
import type { JobStatus } from "../types.js";

/** What a member of a group is. */
export interface Member {
  programId: string;
  jobId: string;
}

interface Group {
  /** Names the request that creates them, of several with one key, and each of its jobs. */
  attempt: string;
  /** What decides what is sent, as text. */
  digest: string;
  /** Once all of them are created. */
  members?: Member[];
  /** Whether they run then, or wait for an operator. */
  starts?: boolean;
}

/** What there is to say about a group that is about to be created. */
export type Begun =
  { state: "new"; attempt: string } | { state: "there"; members: Member[] } | { state: "busy" };

/** What a job of a group is to be: held until that is decided, and nothing if it was given up. */
export type Fate = Extract<JobStatus, "held" | "running" | "paused"> | "gone";

/** So long an upload may take from the end of its body on. */
const PATIENCE_MS = 5 * 60_000;
/** So long after a restart: who was creating jobs is most likely gone. */
const ORPHANED_MS = 15_000;

/** Until when one is undecided; 0 when it is decided. */
export const GROUP_TABLES = `
  CREATE TABLE groups (key TEXT PRIMARY KEY, due_at INTEGER NOT NULL, value TEXT NOT NULL);`;

export class Groups {
  readonly #storage: ObjectStorage;
  /** Who is creating jobs, as far as this object knows since it started. */
  readonly #attempts = new Set<string>();

  constructor(storage: ObjectStorage) {
    this.#storage = storage;
  }

  /** After a start: nobody goes on with the groups that are undecided. */
  recover(): void {
    const soon = Date.now() + ORPHANED_MS;
    this.#storage.sql.exec("UPDATE groups SET due_at = ? WHERE due_at > ?", soon, soon);
  }

  /** Writes down that these jobs are about to be created. */
  begin(key: string, digest: string): Begun | { refused: Refusal["problem"] } {
    const found = this.#read(key);
    if (found && (found.members || found.isOpen)) {
      const { refused } = refusalOfKey(found.digest, digest);
      if (refused) return { refused };
      if (found.members) return { state: "there", members: found.members };
      // One that is gone is taken over: the jobs that it has created go.
      if (this.#attempts.has(found.attempt)) return { state: "busy" };
    }
    const attempt = crypto.randomUUID();
    this.#attempts.add(attempt);
    this.#write(key, { attempt, digest }, Date.now() + PATIENCE_MS);
    return { state: "new", attempt };
  }

  /** All are created: from here on they start. False if they were given up meanwhile. */
  commit(key: string, attempt: string, members: Member[], starts: boolean): boolean {
    const group = this.#read(key);
    if (group?.attempt !== attempt || !group.isOpen) return false;
    const { digest } = group;
    this.#write(key, { attempt, digest, members, starts }, 0);
    return true;
  }

  /** Some could not be created: none starts. */
  cancel(key: string, attempt: string): void {
    const group = this.#read(key);
    if (group?.attempt === attempt && group.isOpen) this.#giveUp(key);
  }

  /** What a job is to be that this attempt has created. */
  fate(key: string, attempt: string): Fate {
    const group = this.#read(key);
    // Another one may have taken its place.
    if (group?.attempt !== attempt) return "gone";
    if (group.members) return group.starts === true ? "running" : "paused";
    return group.isOpen ? "held" : "gone";
  }

  /** It is written down, so that none of its jobs is ever told otherwise. */
  #giveUp(key: string): void {
    this.#storage.sql.exec("UPDATE groups SET due_at = 0 WHERE key = ?", key);
  }

  /** A group, and whether it is undecided; its time may be over with this. */
  #read(key: string): (Group & { isOpen: boolean }) | undefined {
    const [row] = this.#storage.sql.exec<{ due: number; value: JsonText<Group> }>(
      "SELECT due_at AS due, value FROM groups WHERE key = ?",
      key,
    );
    if (row === undefined) return undefined;
    const now = Date.now();
    // Later than anything is ever due: the clock was set back, and who was at it may be gone.
    const isOpen = row.due > now && row.due <= now + 2 * PATIENCE_MS;
    if (row.due > 0 && !isOpen) this.#giveUp(key);
    return { ...parseStored(row.value), isOpen };
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

/** A refusal is told and not thrown: what is thrown to the worker would lose its problem. */
function refusalOfKey(before: string, now: string): { refused?: Refusal["problem"] } {
  try {
    refuseReusedKey(before, now);
    return {};
  } catch (error) {
    if (error instanceof Refusal) return { refused: error.problem };
    throw error;
  }
}
