/** From an event to the program that it is of. */
import type { Evidence } from "../objects.js";
import { inParallel } from "../parallel.js";
import type { Stubs } from "../stubs.js";
import type { ReadEvent } from "./read-event.js";

const USAGE = /claim|redeem/i;

/** An event, and which one it is. */
export interface KnownEvent {
  digest: string;
  event: ReadEvent;
}

/**
 * Hands over what events say of one program's codes. Whether something is known
 * here of the program; what is of another organization is nobody's.
 *
 * Where no program is named, what the package's reader found is nobody's either.
 * The option `outcomes` knows the form, and gives no program: so the programs of
 * the newest jobs are told, as many as may be asked. Each takes in what is its own.
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
