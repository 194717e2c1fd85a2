/**
 * Checks a list with the worker, which keeps the ledger: which codes were sent before. Creates
 * nothing.
 */
import { useEffect, useState } from "preact/hooks";

import { tryOut } from "../server/jobs.js";
import { type WorkerError, toWorkerError } from "../server/error.js";
import type { DryRun, ForeignCode, JobFault } from "../server/types.js";
import { STATES, type State } from "../words.js";
import { type Answer, type Answers, askPrograms } from "./ask-programs.js";
import type { Codes } from "./lines.js";
import type { Draft } from "./reading.js";

/** The number of codes that an earlier job has. */
export interface Before {
  total: number;
  /** How many of them are in use: these are not sent again. */
  used: number;
  /** How many of them another job is going to send: nothing of these has left. */
  waiting: number;
  states: [state: State, count: number][];
  /** The jobs that have the first of them. */
  jobs: { programId: string; jobId: string }[];
  /** While Uber's reports about unknown codes arrive: when these can be sent again, if no more arrive. */
  resendAt: number | null;
  /** Codes that failed in an earlier job: they are sent like any other code. */
  failed: number;
}

/** The comparison of the list with Uber's list of the program's codes. */
export interface Listed {
  /** The number of codes that are not in the program. */
  foreign: number;
  /** The first of them, each with the program for which it was listed. */
  firstForeign: (ForeignCode & { of: string })[];
  /** Both of these are left out, whatever is decided. */
  cancelled: number;
  used: number;
  /** When Uber's list was read; of several, the oldest. */
  readAt: number | null;
  /** Why Uber's list could not be read. */
  fault: JobFault | null;
  /** How many of each program; the programs that have any. */
  foreignByProgram: ReadonlyMap<string, number>;
  /** How many codes the programs have together. */
  codes: number | null;
}

export type Check =
  | { step: "none" }
  /** Of a file that names programs: how many of them were compared. */
  | { step: "checking"; done: number; of: number; stop(): void }
  | { step: "stopped" }
  | { step: "failed"; problem: WorkerError }
  | Checked;

export interface Checked {
  step: "checked";
  before: Before;
  listed: Listed;
  named: Named;
  digest: string;
  /** How many codes a job sends, by the decision about those in earlier jobs. */
  sends: DryRun["sends"];
  /** The same of each program alone. */
  byProgram: ReadonlyMap<string, Answer>;
}

/** The codes that the check lists: the first 1,000 of each kind in each request. */
export interface Named {
  /** Cancelled or in use: left out, whatever is decided. */
  leftOut: ReadonlySet<string>;
  /** In an earlier job. */
  before: ReadonlySet<string>;
}

/** A question to the worker, and the number of programs that it is about. */
interface Asked {
  of: number;
  ask(signal: AbortSignal): AsyncGenerator<Answers>;
}

/** What is compared of a list. */
export interface Comparable extends Pick<Draft, "input" | "valid"> {
  programs: ReadonlyMap<string, Codes> | null;
}

function askedOf(programId: string | null, { programs, input, valid }: Comparable): Asked {
  if (programs !== null) {
    return { of: programs.size, ask: (signal) => askPrograms(programs, signal) };
  }
  if (programId === null || valid === 0) return { of: 0, ask: async function* () {} };
  return askOne(programId, input);
}

const askOne = (programId: string, list: Blob | "everybody"): Asked => ({
  of: 1,
  async *ask(signal) {
    yield [[programId, await tryOut(programId, list, signal)]];
  },
});

/** Larger lists are not uploaded repeatedly just to be compared. */
const MAX_WATCHED_BYTES = 2_000_000;
/** More programs are several requests. */
const MAX_WATCHED_PROGRAMS = 100;
const WATCHED_EVERY_MS = 15_000;

/** A new `round` checks again. */
export function useCheck(programId: string | null, draft: Comparable | null, round: number): Check {
  return useAsked(draft && askedOf(programId, draft), [programId, draft, round], {
    isWatched:
      (draft?.input.size ?? 0) <= MAX_WATCHED_BYTES &&
      (draft?.programs?.size ?? 1) <= MAX_WATCHED_PROGRAMS,
  });
}

export function useCheckOfAll(programId: string, isWanted: boolean, round: number): Check & Total {
  const [total, setTotal] = useState<number | null>(null);
  const asked = isWanted ? askOne(programId, "everybody") : null;
  const check = useAsked(asked, [programId, isWanted, round], {
    isWatched: true,
    onAnswer: ({ codes }) => setTotal(codes),
  });
  return { ...check, total };
}

interface Total {
  /** How many codes would be sent. */
  total: number | null;
}

interface Asking {
  /** Checks again regularly while earlier jobs have some of the codes, because their states change. */
  isWatched: boolean;
  onAnswer?: (result: Answer) => void;
}

function useAsked(
  asked: Asked | null,
  inputs: readonly unknown[],
  { isWatched, onAnswer }: Asking,
): Check {
  const [check, setCheck] = useState<Check>({ step: "none" });
  useEffect(() => {
    if (asked === null) {
      setCheck({ step: "none" });
      return undefined;
    }
    const controller = new AbortController();
    const { signal } = controller;
    const stop = () => {
      controller.abort();
      setCheck({ step: "stopped" });
    };
    const show = (found: Check) => signal.aborted || setCheck(found);
    const tell = (done: number) => show({ step: "checking", done, of: asked.of, stop });
    const ask = async (onProgress: (done: number) => void): Promise<Check> => {
      const results: Answers = [];
      for await (const some of asked.ask(signal)) {
        signal.throwIfAborted();
        for (const [, result] of some) onAnswer?.(result);
        results.push(...some);
        onProgress(results.length);
      }
      return {
        step: "checked",
        before: summed(results),
        listed: listedIn(results),
        named: namedIn(results),
        digest: joined(results),
        sends: {
          skip: sumOf(results, ({ sends }) => sends.skip),
          resend: sumOf(results, ({ sends }) => sends.resend),
        },
        byProgram: new Map(results),
      };
    };
    const watch = () =>
      repeatWhileVisible(signal, async () => {
        const found = await ask(() => {}).catch(() => null);
        if (found !== null) show(found);
      });
    tell(0);
    ask(tell).then(
      (found) => {
        show(found);
        if (isWatched && found.step === "checked" && found.before.total > 0) watch();
      },
      (error: unknown) => show({ step: "failed", problem: toWorkerError(error) }),
    );
    return () => controller.abort();
  }, inputs);
  return check;
}

/** Calls `act` regularly while the page is visible, and as soon as it becomes visible again. */
function repeatWhileVisible(signal: AbortSignal, act: () => Promise<void>): void {
  let isBusy = false;
  const go = async () => {
    if (document.hidden || isBusy) return;
    isBusy = true;
    await act();
    isBusy = false;
  };
  const timer = setInterval(() => void go(), WATCHED_EVERY_MS);
  document.addEventListener("visibilitychange", () => void go(), { signal });
  signal.addEventListener("abort", () => clearInterval(timer));
}

/** The digest of all programs together, as the worker calculates it. */
function joined(results: Answers): string {
  const all = results.reduce((sum, [, { digest }]) => sum ^ BigInt(`0x${digest}`), 0n);
  return all.toString(16).padStart(16, "0");
}

const sumOf = (results: Answers, count: (result: Answer) => number): number =>
  results.reduce((sum, [, result]) => sum + count(result), 0);

function summed(results: Answers): Before {
  const counts = (state: State) => sumOf(results, ({ blocked }) => blocked[state] ?? 0);
  const jobs = new Map<string, { programId: string; jobId: string }>();
  for (const [programId, { firstBlocked }] of results) {
    for (const { job } of firstBlocked) {
      if (job !== null && !jobs.has(job)) jobs.set(job, { programId, jobId: job });
    }
  }
  return {
    total: sumOf(results, ({ blocked }) => blocked.total),
    used: sumOf(results, ({ blockedUsed }) => blockedUsed),
    waiting: counts("pending"),
    states: STATES.map((state): [State, number] => [state, counts(state)]).filter(
      ([, count]) => count > 0,
    ),
    jobs: [...jobs.values()],
    resendAt: latest(results.map(([, result]) => result.resendAt)),
    failed: sumOf(results, ({ failedBefore }) => failedBefore),
  };
}

const latest = (times: readonly (number | null)[]): number | null =>
  times.reduce((last, at) => (at !== null && at > (last ?? 0) ? at : last), null);

function namedIn(results: Answers): Named {
  const before = results.flatMap(([, { firstBlocked }]) => firstBlocked);
  const others = results.flatMap(([, { firstCancelled, firstUsed }]) => [
    ...firstCancelled,
    ...firstUsed,
  ]);
  const inUse = before.filter(({ used }) => used).map(({ code }) => code);
  return {
    leftOut: new Set([...others, ...inUse]),
    before: new Set(before.map(({ code }) => code)),
  };
}

function listedIn(results: Answers): Listed {
  const isWhole = results.every(([, { check }]) => check.codes !== null);
  return {
    foreign: sumOf(results, ({ foreign }) => foreign),
    foreignByProgram: new Map(
      results
        .map(([of, { foreign }]): [string, number] => [of, foreign])
        .filter(([, foreign]) => foreign > 0),
    ),
    firstForeign: results.flatMap(([of, { firstForeign }]) =>
      firstForeign.map((one) => ({ ...one, of })),
    ),
    cancelled: sumOf(results, ({ cancelled }) => cancelled),
    used: sumOf(results, ({ used }) => used),
    readAt: results.reduce<number | null>((oldest, [, { check }]) => {
      return check.readAt === null ? oldest : Math.min(oldest ?? Infinity, check.readAt);
    }, null),
    fault: results.find(([, { check }]) => check.error !== null)?.[1].check.error ?? null,
    codes: isWhole ? sumOf(results, ({ check }) => check.codes ?? 0) : null,
  };
}
