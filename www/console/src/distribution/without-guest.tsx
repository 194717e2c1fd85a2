/** Codes of a list that would reach nobody, because no guest has them. */
import { useEffect, useState } from "preact/hooks";

import { explainReading } from "../explain.js";
import { codes, verb } from "../format.js";
import { type Check, type Comparable, useCheck } from "../lists/check.js";
import { type Codes, linesByProgram, linesOf } from "../lists/lines.js";
import { filterInSlices } from "../slices.js";
import { ActionButton } from "../parts/action-button.js";
import { Callout } from "../parts/small.js";
import { toWorkerError } from "../server/error.js";
import type { Recipients } from "../server/guests.js";
import type { Again } from "../server/jobs.js";
import type { GuestsOfList } from "./guests-of-list.js";
import { isUndecided, leavingOf } from "./list-decisions.js";

/** The codes of each program that are to be sent. */
export type CodesByProgram = (signal: AbortSignal) => Promise<ReadonlyMap<string, Codes>>;

interface Props {
  /** Of the only program, if the list does not name them. */
  programId: string | null;
  list: CodesByProgram;
  size: number;
  guests: GuestsOfList;
  check: Check;
  again: Again;
  round: number;
  /** Reads the list without them. */
  onContinue(list: Blob): void;
}

type Found =
  | { step: "comparing" }
  /** `null`: every code has a guest. */
  | { step: "compared"; rest: Comparable | null }
  | { step: "failed"; why: string };

export function WithoutGuest(props: Props) {
  const { programId, guests, size, check, again } = props;
  const found = useFound(props);
  const rest = found.step === "compared" ? found.rest : null;
  const restCheck = useCheck(programId, rest, props.round);
  // The review says why there is no comparison.
  if (check.step === "failed" || check.step === "stopped") return null;
  const why =
    guests.step === "failed" ? guests.why : found.step === "failed" ? found.why : undefined;
  if (why !== undefined) {
    return (
      <p class="left-out">
        It is not known which codes have a guest: {why}.{" "}
        <ActionButton look="link" onClick={guests.read}>
          Try again
        </ActionButton>
      </p>
    );
  }
  if (guests.step === "waiting") {
    return (
      <p class="left-out">
        <ActionButton look="link" onClick={guests.read}>
          Find codes without a guest
        </ActionButton>
      </p>
    );
  }
  if (found.step === "comparing" || (rest !== null && restCheck.step === "checking")) {
    return (
      <p class="left-out quiet" role="status">
        Checking which of these codes have a guest.
      </p>
    );
  }
  if (rest === null) return null;
  const decisions = { again };
  const leaving = leavingOf({ size: rest.valid, check: restCheck, decisions });
  // Of the others, some may be left out anyway.
  const without = leavingOf({ size, check, decisions }) - leaving;
  if (without === 0) return null;
  const isOpen = isUndecided({ check: restCheck, decisions });
  return (
    <Callout
      tone="unknown"
      title={`${codes(without)} ${verb(without, "has", "have")} no guest: nobody would get ${verb(without, "it", "them")}`}
    >
      <p>Uber sends a code to the guest who was added for it. Add the guests at Uber first.</p>
      {leaving > 0 && (
        <button
          type="button"
          class="button button-small"
          onClick={() => props.onContinue(rest.input)}
        >
          Continue without {verb(without, "it", "them")}
          {!isOpen && `: ${codes(leaving)}`}
        </button>
      )}
    </Callout>
  );
}

function useFound({ programId, list, guests }: Props): Found {
  const [found, setFound] = useState<Found>({ step: "comparing" });
  useEffect(() => {
    if (guests.step !== "read") return undefined;
    const stop = new AbortController();
    setFound({ step: "comparing" });
    restOf(list, guests.byProgram, programId === null, stop.signal).then(
      (rest) => stop.signal.aborted || setFound({ step: "compared", rest }),
      (error: unknown) =>
        stop.signal.aborted ||
        setFound({ step: "failed", why: explainReading(toWorkerError(error)).what }),
    );
    return () => stop.abort();
  }, [list, guests.step === "read" ? guests.byProgram : null]);
  return found;
}

/** The list without codes that no guest has; `null` if every code has one. */
async function restOf(
  list: CodesByProgram,
  guests: ReadonlyMap<string, Recipients>,
  isOfSeveral: boolean,
  signal: AbortSignal,
): Promise<Comparable | null> {
  const rest = new Map<string, Codes>();
  let [valid, without] = [0, 0];
  for (const [programId, all] of await list(signal)) {
    const byCode = guests.get(programId)?.byCode;
    const some = new Set(await filterInSlices(all, (code) => byCode?.has(code) ?? false, signal));
    without += all.size - some.size;
    valid += some.size;
    if (some.size > 0) rest.set(programId, some);
  }
  if (without === 0) return null;
  const [only = new Set<string>()] = rest.values();
  return isOfSeveral
    ? { input: await linesByProgram(rest), programs: rest, valid }
    : { input: await linesOf(only), programs: null, valid };
}
