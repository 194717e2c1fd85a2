/** Codes of a list that nobody would get: no guest is tied to them. */
import type { CodeList } from "uber-vouchers";
import { useEffect, useState } from "preact/hooks";

import { explainReading } from "../explain.js";
import { codes, verb } from "../format.js";
import { Callout } from "../parts/small.js";
import { toWorkerError } from "../server/error.js";
import { readRecipients } from "../server/guests.js";
import { useCodeSummary } from "../server/programs.js";

/** Of more codes, the guests are read only if somebody asks: Uber gives them a thousand at a time. */
const MANY = 10_000;

type Found =
  | { step: "waiting" | "reading" }
  | { step: "read"; without: readonly string[] }
  | { step: "failed"; why: string };

export function WithoutGuest({
  programId,
  list,
  onRead,
}: {
  programId: string;
  list: CodeList;
  onRead(list: Blob): void;
}) {
  const summary = useCodeSummary(programId).value;
  const [isWanted, setWanted] = useState(false);
  const [found, setFound] = useState<Found>({ step: "waiting" });
  const isSmall = summary !== null && summary.total <= MANY;
  useEffect(() => {
    if (!isSmall && !isWanted) return undefined;
    const stop = new AbortController();
    setFound({ step: "reading" });
    readRecipients(programId, false, stop.signal).then(
      ({ byCode }) => {
        if (stop.signal.aborted) return;
        const without = [...list].filter((code) => !byCode.has(code));
        setFound({ step: "read", without });
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        setFound({ step: "failed", why: explainReading(toWorkerError(error)).what });
      },
    );
    return () => stop.abort();
  }, [programId, list, isSmall, isWanted]);

  if (found.step === "failed") {
    return <p class="left-out">Which codes have a guest could not be read: {found.why}.</p>;
  }
  if (found.step === "waiting" && summary !== null && !isSmall) {
    return (
      <p class="left-out">
        <button type="button" class="link" onClick={() => setWanted(true)}>
          Look which of these codes have no guest
        </button>
      </p>
    );
  }
  if (found.step !== "read") {
    return (
      <p class="left-out quiet" role="status">
        Looking which of these codes have a guest.
      </p>
    );
  }
  const { without } = found;
  if (without.length === 0) return null;
  const rest = list.size - without.length;
  const goOn = () => {
    const out = new Set(without);
    onRead(new Blob([[...list].filter((code) => !out.has(code)).join("\n")]));
  };
  return (
    <Callout
      tone="unknown"
      title={`${codes(without.length)} ${verb(without.length, "has", "have")} no guest: nobody would get ${verb(without.length, "it", "them")}`}
    >
      <p>Uber sends a code to the guest who was added for it. Add the guests at Uber first.</p>
      {rest > 0 && (
        <button type="button" class="button button-small" onClick={goOn}>
          Go on without {verb(without.length, "it", "them")}: {codes(rest)}
        </button>
      )}
    </Callout>
  );
}
