/** A decision about earlier codes is valid only as long as their states do not change. */
import { useLayoutEffect, useRef } from "preact/hooks";

import { announce } from "../announce.js";
import type { Check } from "../lists/check.js";
import type { Decisions } from "./list-decisions.js";

export const OUTDATED =
  "The state of these codes has changed since you decided. Check it, and decide again.";

/**
 * Withdraws the decision when the states change: at once, because a later reset would undo a
 * decision that was made right after the question appeared. "Leave them out" stays valid while
 * their number is the same. Returns the digest of the states.
 */
export function useDecidedOn(
  check: Check,
  decisions: Decisions,
  onDecide: (change: (made: Decisions) => Decisions) => void,
): string {
  const known =
    check.step === "checked" ? { digest: check.digest, total: check.before.total } : null;
  const last = useRef<typeof known>(null);
  useLayoutEffect(() => {
    const before = last.current;
    if (known === null || known.digest === before?.digest) return;
    last.current = known;
    onDecide((made) => {
      const isSkipped = made.again === "skip" && known.total === before?.total;
      const wasMade = made.again !== null || made.typed !== "" || made.isOutdated;
      return isSkipped
        ? made
        : { ...made, again: null, typed: "", isOutdated: before !== null && wasMade };
    });
  }, [known?.digest]);
  useLayoutEffect(() => {
    if (decisions.isOutdated) announce(OUTDATED);
  }, [decisions.isOutdated]);
  return known?.digest ?? "";
}
