/** Passes outcomes of events to the programs that they belong to. */
import type { Evidence } from "../objects.js";
import { inParallel } from "../parallel.js";
import type { Stubs } from "../stubs.js";
import type { ReadEvent } from "./read-event.js";

const USAGE = /claim|redeem/i;

/** An event with its digest. */
export interface KnownEvent {
  digest: string;
  event: ReadEvent;
}

/**
 * Passes on what events report of one program's codes. Returns whether the program
 * is known here. Events of another organization are not passed on.
 *
 * If no program is named, outcomes that the package's reader found are not passed on
 * either. Those from the option `outcomes` go to the programs of the newest jobs, as
 * many as may be called. Each takes the codes that it knows.
 */
export async function handOver(
  events: readonly KnownEvent[],
  stubs: Stubs,
  mostAsked: number,
): Promise<boolean> {
  const ours = events.filter(({ event }) => event.isOurs);
  const programId = ours[0]?.event.programId ?? null;
  const reasons = ours.map(({ event }) => evidenceOf(event));
  const evidence = reasons.find((reason) => reason !== undefined);
  const told = ours.filter(({ event: { outcomes, isByReader } }) => {
    return outcomes.length > 0 && (programId !== null || isByReader);
  });
  if (told.length === 0 && (programId === null || evidence === undefined)) return false;
  const outcomes = told.map(({ digest, event }) => ({ event: digest, outcomes: event.outcomes }));
  if (programId !== null) return stubs.program(programId).webhook(outcomes, evidence);
  const programs = await stubs.app().programsWithJobs(mostAsked);
  await inParallel(programs, (program) => stubs.program(program).webhook(outcomes));
  return programs.length > 0;
}

function evidenceOf({ status, type }: ReadEvent): Evidence | undefined {
  if (status === "unread") return "unread";
  return USAGE.test(type) ? "usage" : undefined;
}
