/** The codes of a list that are not in its program: found by a web worker of the page. */
import { startWorker } from "../server/page-worker.js";
import { selectCodes } from "../server/program-codes.js";
import type { Listed } from "./check.js";
import type { Draft } from "./draft.js";
import readerUrl from "./foreign-reader.js?worker&url";
import { linesOf } from "./lines.js";

export interface ForeignLine {
  /** The line of its first occurrence; `null` if the file has it in another spelling. */
  line: number | null;
  code: string;
  /** The program for which it was listed. */
  of: string;
  /** Another program that has it, if known. */
  owner: string | null;
}

export interface ForeignCodes {
  first: readonly ForeignLine[];
  count: number;
}

/** What is known of one program: lists as text, one code per line. */
export interface OfProgram {
  of: string;
  /** The codes that are listed for it; `null` if they are not needed. */
  codes: Blob | null;
  /** All foreign codes, if the worker has named all. */
  named: readonly string[] | null;
  /** Otherwise the program's own codes. */
  known: Blob | null;
}

/** `isNamed`: the file names the programs. */
export type Asked =
  | {
      kind: "lines";
      file: Blob;
      isNamed: boolean;
      programs: readonly OfProgram[];
      owners: Listed["firstForeign"];
    }
  /** Of the lines that were found. */
  | { kind: "csv"; isNamed: boolean; names: ReadonlyMap<string, string> }
  | { kind: "rest"; isNamed: boolean; programs: readonly OfProgram[] };

/** `null`: it has failed. */
export interface Told {
  answer: ForeignCodes | Blob | null;
}

export interface FoundForeign extends ForeignCodes {
  /** All of them as a file, with the names of the programs. */
  csv(nameOf: (programId: string) => string): Promise<Blob>;
}

/**
 * `programId` is that of all lines, unless the file names the programs. The web worker keeps the
 * lines until `signal` is aborted.
 */
export async function findForeign(
  draft: Draft,
  programId: string,
  listed: Listed,
  signal: AbortSignal,
): Promise<FoundForeign> {
  const isNamed = draft.programs !== null;
  const owners = listed.firstForeign;
  const programs = await programsOf(draft, programId, listed, false, signal);
  const ask = askReader(signal);
  const asked = { kind: "lines", file: draft.file.input, isNamed, programs, owners } as const;
  const found = (await ask(asked)) as ForeignCodes;
  const ids = [...programs.map(({ of }) => of), ...owners.flatMap(({ program }) => program ?? [])];
  return {
    ...found,
    csv: async (nameOf) => {
      const names = new Map(ids.map((id) => [id, nameOf(id)]));
      return (await ask({ kind: "csv", isNamed, names })) as Blob;
    },
  };
}

/** The list without them, to be read as another one. */
export async function withoutForeign(
  draft: Draft,
  programId: string,
  listed: Listed,
): Promise<Blob> {
  const stop = new AbortController();
  try {
    const programs = await programsOf(draft, programId, listed, true, stop.signal);
    const asked = { kind: "rest", isNamed: draft.programs !== null, programs } as const;
    return (await askReader(stop.signal)(asked)) as Blob;
  } finally {
    stop.abort();
  }
}

/** Of all programs of the list, if it is to be written again; otherwise of those with foreign codes. */
async function programsOf(
  { list, programs }: Draft,
  programId: string,
  { firstForeign, foreignByProgram }: Listed,
  isWhole: boolean,
  signal: AbortSignal,
): Promise<OfProgram[]> {
  const found: OfProgram[] = [];
  for (const of of programs?.keys() ?? [programId]) {
    const count = foreignByProgram.get(of) ?? 0;
    if (count === 0 && !isWhole) continue;
    const named = firstForeign.filter((one) => one.of === of).map(({ code }) => code);
    const isNamed = named.length === count;
    const codes = list ?? programs?.get(of);
    found.push({
      of,
      codes: codes && (isWhole || !isNamed) ? await linesOf(codes) : null,
      named: isNamed ? named : null,
      known: isNamed ? null : new Blob(await selectCodes(of, {}, { signal })),
    });
  }
  return found;
}

/** Starts the web worker, which ends with `signal`. */
function askReader(signal: AbortSignal): (asked: Asked) => Promise<ForeignCodes | Blob> {
  signal.throwIfAborted();
  const reader = startWorker(readerUrl);
  signal.addEventListener("abort", () => reader.terminate());
  return (asked) =>
    new Promise((resolve, reject) => {
      const { port1, port2 } = new MessageChannel();
      const fail = () => reject(new Error("The list could not be searched"));
      port1.onmessage = ({ data: { answer: result } }: MessageEvent<Told>) => {
        if (result === null) fail();
        else resolve(result);
        port1.close();
      };
      reader.onerror = fail;
      signal.addEventListener("abort", () => reject(signal.reason as Error));
      reader.postMessage(asked, [port2]);
    });
}
