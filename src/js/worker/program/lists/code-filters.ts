/** Which of a program's codes an operator wants to see, by what is known of them. */
import { STATES } from "../../../generated/protocol.js";
import type { CodeFilter } from "../../types.js";
import type { CodeStates } from "../jobs/code-states.js";
import { LISTED } from "./listing.js";

export const CODE_FILTERS: readonly CodeFilter[] = [
  "all",
  "not-yet",
  "canceled",
  "not-canceled",
  ...STATES,
];

/** What is known of the codes of a list. */
export interface Known {
  /** Of each code: `LISTED`. */
  marks: Uint8Array;
  known: CodeStates;
}

const NONE = 0;
const REJECTED = 1 + STATES.indexOf("rejected");

export function passes({ marks, known }: Known, index: number, filter: CodeFilter): boolean {
  const isCanceled = marks[index] === LISTED.cancelled;
  const state = known.states[index] ?? NONE;
  switch (filter) {
    case "all":
      return true;
    case "canceled":
      return isCanceled;
    case "not-canceled":
      return !isCanceled;
    case "not-yet":
      return !isCanceled && (state === NONE || state === REJECTED);
    default:
      return state === 1 + STATES.indexOf(filter);
  }
}

/** How many codes pass each filter. */
export function countsOf(about: Known): Record<CodeFilter, number> {
  const { marks } = about;
  const counts = CODE_FILTERS.map((filter): [CodeFilter, number] => {
    let count = 0;
    for (let index = 0; index < marks.length; index += 1) {
      count += Number(passes(about, index, filter));
    }
    return [filter, count];
  });
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- All names of the type are in the list.
  return Object.fromEntries(counts) as Record<CodeFilter, number>;
}
