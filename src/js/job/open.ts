/** Making a job: out of a list of codes, or out of its journal. */
import { type ListParts, hexOf } from "../codes/code-list.js";
import { refuseAborted } from "../codes/guard.js";
import type { Host } from "../wasm/host.js";
import { JobMachine } from "../wasm/job-machine.js";
import type { Binding, ClientBinding, Opening } from "../wasm/results.js";
import { BulkJob } from "./job.js";
import type { CheckedJobOptions } from "./options.js";
import { own } from "./ownership.js";
import { onJournal, pieces, replay, wholeLength } from "./replay.js";
import type { Job } from "./types.js";
import type { UsageReader } from "./usage.js";

const NO_IDS = new Uint8Array();

/** What a job needs of its client. */
export interface JobContext {
  glue: Binding;
  client: ClientBinding;
  host: Host;
  /** Reads of which codes Uber says that they are in use. */
  reader: UsageReader;
}

/** A job to be created; without it, the journal's is resumed. */
export interface NewJob {
  programId: string;
  parts: ListParts;
}

/** Opens the job of a journal, or creates it there. */
export async function openJob(
  { glue, client, host, reader }: JobContext,
  options: CheckedJobOptions,
  created?: NewJob,
): Promise<Job> {
  const { journal, signal } = options;
  const ownership = await own(journal, created !== undefined);
  try {
    const machine = new JobMachine(glue, client, host.now, options);
    const unlessAborted =
      <T>(work: (piece: T) => void) =>
      (piece: T) => {
        refuseAborted(signal, "Making the job was aborted");
        work(piece);
      };
    machine.expectLength(await onJournal(() => ownership.knownLength()));
    const length = await replay(journal, unlessAborted(machine.push));
    const { ids = NO_IDS, isDistinct = false } = created?.parts ?? {};
    const offer = (piece: Uint8Array) => machine.offer(piece, ids.length / 16, isDistinct);
    await pieces(ids, unlessAborted(offer));
    refuseAborted(signal, "Making the job was aborted");
    const kept = machine.open(opening(options, created));
    await onJournal(() => ownership.keepLength(kept));
    // What was torn off goes before anything is appended.
    if (kept < length) await onJournal(() => journal.truncate(kept));
    const readBack = () =>
      wholeLength(journal, new JobMachine(glue, client, host.now, options).push);
    const parts = { machine, host, reader, options, ownership, length: kept, readBack };
    const job = new BulkJob(parts);
    await job.flush();
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- What else a job has depends on the platform's types.
    return job as unknown as Job;
  } catch (error) {
    await ownership.release().catch(() => {});
    throw error;
  }
}

function opening({ restored }: CheckedJobOptions, created: NewJob | undefined): Opening {
  if (created === undefined) return { restored };
  const { duplicates, rejectedCount } = created.parts;
  return { id: randomId(), programId: created.programId, duplicates, rejectedCount };
}

/** A random (version 4) UUID; `randomUUID` is not there in every page. */
function randomId(): string {
  const id = crypto.getRandomValues(new Uint8Array(16));
  id[6] = ((id[6] ?? 0) & 15) | 64;
  id[8] = ((id[8] ?? 0) & 63) | 128;
  return hexOf(id, 0);
}
