/** What of a list was sent before: asked of the worker, which keeps the ledger. Creates nothing. */
import { useEffect, useState } from "preact/hooks";

import { tryOut } from "../server/jobs.js";
import { type WorkerError, toWorkerError } from "../server/error.js";
import type { DryRun, ForeignCode, JobFault } from "../server/types.js";
import { STATES, type State } from "../words.js";
import { linesOf } from "./lines.js";
import type { Draft } from "./reading.js";

/** Codes that an earlier job has. */
export interface Before {
  total: number;
  /** How many of them are in use: these are not sent again. */
  used: number;
  states: [state: State, count: number][];
  /** The jobs that have the first of them. */
  jobs: { programId: string; jobId: string }[];
  /** How many of each program. */
  byProgram: ReadonlyMap<string, number>;
}

/** What Uber's list of the program's codes says of the list. */
export interface Listed {
  /** Codes that are not in the program. */
  foreign: number;
  /** The first of them, with the program that each was to be sent of. */
  firstForeign: (ForeignCode & { of: string })[];
  /** These two are left out, whatever is decided. */
  cancelled: number;
  used: number;
  /** Why Uber's list could not be read. */
  fault: JobFault | null;
  /** How many codes the programs have together. */
  codes: number | null;
}

export type Check =
  | { step: "none" }
  | { step: "checking" }
  | { step: "failed"; problem: WorkerError }
  | { step: "checked"; before: Before; listed: Listed; named: Named };

/** Codes that are known by name: of each kind the first 1,000 of each program. */
export interface Named {
  /** Cancelled, or in use: they are left out, whatever is decided. */
  leftOut: ReadonlySet<string>;
  /** In an earlier job. */
  before: ReadonlySet<string>;
}

/** The lists that are asked about, each with its program. */
type Lists = AsyncIterable<readonly [programId: string, list: Blob | "everybody"]>;

async function* listsOf(programId: string | null, draft: Draft): Lists {
  if (draft.programs === null) {
    if (programId !== null && draft.valid > 0) yield [programId, draft.input];
    return;
  }
  for (const [program, list] of draft.programs) yield [program, await linesOf(list)];
}

async function* all(programId: string): Lists {
  yield [programId, "everybody"];
}

/** `round` asks once more. */
export function useCheck(programId: string | null, draft: Draft | null, round: number): Check {
  return useAsked(draft && (() => listsOf(programId, draft)), [programId, draft, round]);
}

export function useCheckOfAll(programId: string, isWanted: boolean, round: number): Check & Total {
  const [total, setTotal] = useState<number | null>(null);
  const check = useAsked(
    isWanted ? () => all(programId) : null,
    [programId, isWanted, round],
    ({ codes }) => setTotal(codes),
  );
  return { ...check, total };
}

interface Total {
  /** How many codes would leave. */
  total: number | null;
}

function useAsked(
  lists: (() => Lists) | null,
  inputs: readonly unknown[],
  onAnswer: (answer: DryRun) => void = () => {},
): Check {
  const [check, setCheck] = useState<Check>({ step: lists ? "checking" : "none" });
  useEffect(() => {
    if (lists === null) {
      setCheck({ step: "none" });
      return undefined;
    }
    const stop = new AbortController();
    const ask = async () => {
      const answers: [string, DryRun][] = [];
      for await (const [programId, list] of lists()) {
        stop.signal.throwIfAborted();
        const answer = await tryOut(programId, list, stop.signal);
        onAnswer(answer);
        answers.push([programId, answer]);
      }
      return { before: summed(answers), listed: listedIn(answers), named: namedIn(answers) };
    };
    setCheck({ step: "checking" });
    ask().then(
      (found) => stop.signal.aborted || setCheck({ step: "checked", ...found }),
      (error: unknown) =>
        stop.signal.aborted || setCheck({ step: "failed", problem: toWorkerError(error) }),
    );
    return () => stop.abort();
  }, inputs);
  return check;
}

function summed(answers: readonly [string, DryRun][]): Before {
  const counts = (state: State) =>
    answers.reduce((sum, [, { blocked }]) => sum + (blocked[state] ?? 0), 0);
  const jobs = new Map<string, { programId: string; jobId: string }>();
  for (const [programId, { firstBlocked }] of answers) {
    for (const { job } of firstBlocked) {
      if (job !== null && !jobs.has(job)) jobs.set(job, { programId, jobId: job });
    }
  }
  return {
    total: answers.reduce((sum, [, { blocked }]) => sum + blocked.total, 0),
    used: answers.reduce((sum, [, { blockedUsed }]) => sum + blockedUsed, 0),
    states: STATES.map((state): [State, number] => [state, counts(state)]).filter(
      ([, count]) => count > 0,
    ),
    jobs: [...jobs.values()],
    byProgram: new Map(answers.map(([programId, { blocked }]) => [programId, blocked.total])),
  };
}

function namedIn(answers: readonly [string, DryRun][]): Named {
  const before = answers.flatMap(([, { firstBlocked }]) => firstBlocked);
  const others = answers.flatMap(([, { firstCancelled, firstUsed }]) => [
    ...firstCancelled,
    ...firstUsed,
  ]);
  const inUse = before.filter(({ used }) => used).map(({ code }) => code);
  return {
    leftOut: new Set([...others, ...inUse]),
    before: new Set(before.map(({ code }) => code)),
  };
}

function listedIn(answers: readonly [string, DryRun][]): Listed {
  const sum = (of: (answer: DryRun) => number) =>
    answers.reduce((total, [, answer]) => total + of(answer), 0);
  const isWhole = answers.every(([, { check }]) => check.codes !== null);
  return {
    foreign: sum(({ foreign }) => foreign),
    firstForeign: answers.flatMap(([of, { firstForeign }]) =>
      firstForeign.map((one) => ({ ...one, of })),
    ),
    cancelled: sum(({ cancelled }) => cancelled),
    used: sum(({ used }) => used),
    fault: answers.find(([, { check }]) => check.error !== null)?.[1].check.error ?? null,
    codes: isWhole ? sum(({ check }) => check.codes ?? 0) : null,
  };
}
