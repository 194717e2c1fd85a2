/**
 * Jobs of one upload that spans programs: none starts before all are created.
 *
 * Creating them is not one transaction. So the group is stored first. Once it is
 * stored as complete, all of them start, whatever fails; once it is stored as given
 * up, all of them are removed. Each job asks for the decision until it gets one, so
 * nothing has to reach the job.
 */
import { refuseReusedKey } from "../fingerprint.js";
import { Refusal } from "../problem.js";
import type { ObjectStorage } from "../platform-types.js";
import { type JsonText, parseStored } from "../stored-json.js";
import type { JobStatus } from "../types.js";

/** A job of a group. */
export interface Member {
  programId: string;
  jobId: string;
}

interface Group {
  /** Identifies the request that creates them, if several have the same key. Its jobs have it too. */
  attempt: string;
  /** The parameters that decide what is sent, as text. */
  digest: string;
  /** Set once all of them are created. */
  members?: Member[];
  /** Whether they then run, or wait for an operator. */
  starts?: boolean;
}

/** The result of claiming a key for a group. */
export type GroupClaim =
  { state: "new"; attempt: string } | { state: "existing"; members: Member[] } | { state: "busy" };

/** The status of a job of a group: `held` until the group is decided, `gone` if it was given up. */
export type GroupDecision = Extract<JobStatus, "held" | "running" | "paused"> | "gone";

/** How long after it was last heard of an upload is given up. */
const PATIENCE_MS = 5 * 60_000;
/** That an upload was heard of is written again after this time alone: not each of a thousand programs writes a row. */
const HEARD_MS = 60_000;
/** The patience after a restart: the request that was creating jobs has probably ended. */
const ORPHANED_MS = 15_000;

/** `due_at`: until when a group is undecided; 0 once it is decided. */
export const GROUP_TABLES = `
  CREATE TABLE groups (key TEXT PRIMARY KEY, due_at INTEGER NOT NULL, value TEXT NOT NULL);`;

export class Groups {
  readonly #storage: ObjectStorage;
  /** The requests that are creating jobs, since this object started. */
  readonly #attempts = new Set<string>();

  constructor(storage: ObjectStorage) {
    this.#storage = storage;
  }

  /** After a start: no request continues the groups that are undecided. */
  recover(): void {
    const soon = Date.now() + ORPHANED_MS;
    this.#storage.sql.exec("UPDATE groups SET due_at = ? WHERE due_at > ?", soon, soon);
  }

  /** Stores that the jobs of a group are about to be created. */
  begin(key: string, digest: string): GroupClaim | { refused: Refusal["problem"] } {
    const found = this.#read(key);
    if (found && (found.members || found.isOpen)) {
      const { refused } = refusalOfKey(found.digest, digest);
      if (refused) return { refused };
      if (found.members) return { state: "existing", members: found.members };
      // If that request has ended, this one takes the key over, and its jobs are removed.
      if (this.#attempts.has(found.attempt)) return { state: "busy" };
    }
    const attempt = crypto.randomUUID();
    this.#attempts.add(attempt);
    this.#write(key, { attempt, digest }, Date.now() + PATIENCE_MS);
    return { state: "new", attempt };
  }

  /** A job of the group is being created. False if the group was given up meanwhile. */
  continue(key: string, attempt: string): boolean {
    const group = this.#read(key);
    if (group?.attempt !== attempt || !group.isOpen) return false;
    // The attempt is under way, even if this object has left memory meanwhile.
    this.#attempts.add(attempt);
    const dueAt = Date.now() + PATIENCE_MS;
    if (group.due < dueAt - HEARD_MS) {
      this.#storage.sql.exec("UPDATE groups SET due_at = ? WHERE key = ?", dueAt, key);
    }
    return true;
  }

  /** Stores that all jobs are created: from now on they start. False if the group was given up meanwhile. */
  commit(key: string, attempt: string, members: Member[], starts: boolean): boolean {
    const group = this.#read(key);
    if (group?.attempt !== attempt || !group.isOpen) return false;
    const { digest } = group;
    this.#write(key, { attempt, digest, members, starts }, 0);
    return true;
  }

  /** Gives a group up, because some jobs could not be created: none starts. */
  cancel(key: string, attempt: string): void {
    const group = this.#read(key);
    if (group?.attempt === attempt && group.isOpen) this.#giveUp(key);
  }

  /** Decides the status of a job that this attempt has created. */
  decision(key: string, attempt: string): GroupDecision {
    const group = this.#read(key);
    // Another attempt may have taken over.
    if (group?.attempt !== attempt) return "gone";
    if (group.members) return group.starts === true ? "running" : "paused";
    return group.isOpen ? "held" : "gone";
  }

  /** Stores it, so that every job of the group gets the same decision. */
  #giveUp(key: string): void {
    this.#storage.sql.exec("UPDATE groups SET due_at = 0 WHERE key = ?", key);
  }

  /** A group, and whether it is undecided. Gives it up if its time is over. */
  #read(key: string): (Group & { isOpen: boolean; due: number }) | undefined {
    const [row] = this.#storage.sql.exec<{ due: number; value: JsonText<Group> }>(
      "SELECT due_at AS due, value FROM groups WHERE key = ?",
      key,
    );
    if (row === undefined) return undefined;
    const now = Date.now();
    // Too far ahead: the clock was set back, and the request may have ended.
    const isOpen = row.due > now && row.due <= now + 2 * PATIENCE_MS;
    if (row.due > 0 && !isOpen) this.#giveUp(key);
    return { ...parseStored(row.value), isOpen, due: row.due };
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

/** Returns a refusal instead of throwing it: an error that crosses RPC loses its problem. */
function refusalOfKey(before: string, now: string): { refused?: Refusal["problem"] } {
  try {
    refuseReusedKey(before, now);
    return {};
  } catch (error) {
    if (error instanceof Refusal) return { refused: error.problem };
    throw error;
  }
}
