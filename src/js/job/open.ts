/** Opens a job: creates it from a list of codes, or resumes it from its journal. */
import { type ListParts, hexOf } from "../codes/code-list.js";
import { refuseAborted } from "../codes/guard.js";
import type { Host } from "../wasm/host.js";
import { JobMachine } from "../wasm/job-machine.js";
import type { Binding, ClientBinding, Opening } from "../wasm/results.js";
import { BulkJob } from "./job.js";
import type { CheckedJobOptions } from "./options.js";
import { acquireJournal } from "./journal-lock.js";
import { onJournal, pushInChunks, replay, wholeLength } from "./replay.js";
import type { Job } from "./types.js";
import type { UsageReader } from "./usage.js";

const NO_IDS = new Uint8Array();

/** What a job gets from its client. */
export interface JobContext {
  glue: Binding;
  client: ClientBinding;
  host: Host;
  /** Reads at Uber which codes are in use. */
  reader: UsageReader;
}

/** The job to create; without it, the journal's job is resumed. */
export interface NewJob {
  programId: string;
  parts: ListParts;
}

/** Resumes the job of a journal, or creates a job in it. */
export async function openJob(
  { glue, client, host, reader }: JobContext,
  options: CheckedJobOptions,
  created?: NewJob,
): Promise<Job> {
  const { journal, signal } = options;
  const lock = await acquireJournal(journal, created !== undefined);
  try {
    const machine = new JobMachine(glue, client, host.now, options);
    const unlessAborted =
      <T>(work: (piece: T) => void) =>
      (piece: T) => {
        refuseAborted(signal, "Creating the job was aborted");
        work(piece);
      };
    machine.expectLength(await onJournal(() => lock.knownLength()));
    const length = await replay(journal, unlessAborted(machine.push));
    const { ids = NO_IDS, isDistinct = false } = created?.parts ?? {};
    const offer = (piece: Uint8Array) => machine.offer(piece, ids.length / 16, isDistinct);
    await pushInChunks(ids, unlessAborted(offer));
    refuseAborted(signal, "Creating the job was aborted");
    const kept = machine.open(opening(options, created));
    await onJournal(() => lock.keepLength(kept));
    // Truncates a torn record before anything is appended.
    if (kept < length) await onJournal(() => journal.truncate(kept));
    const readBack = () =>
      wholeLength(journal, new JobMachine(glue, client, host.now, options).push);
    const parts = { machine, host, reader, options, lock, length: kept, readBack };
    const job = new BulkJob(parts);
    await job.flush();
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- What else a job has depends on the platform's types.
    return job as unknown as Job;
  } catch (error) {
    await lock.release().catch(() => {});
    throw error;
  }
}

function opening({ restored }: CheckedJobOptions, created: NewJob | undefined): Opening {
  if (created === undefined) return { restored };
  const { duplicates, rejectedCount } = created.parts;
  return { id: randomId(), programId: created.programId, duplicates, rejectedCount };
}

/** A random (version 4) UUID; some pages lack `randomUUID`. */
function randomId(): string {
  const id = crypto.getRandomValues(new Uint8Array(16));
  id[6] = ((id[6] ?? 0) & 15) | 64;
  id[8] = ((id[8] ?? 0) & 63) | 128;
  return hexOf(id, 0);
}
