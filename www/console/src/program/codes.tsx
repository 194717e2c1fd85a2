/** The codes of a program: filtered, searched, selected, and passed on to a distribution. */
import { useEffect, useMemo, useState } from "preact/hooks";

import { explainReading } from "../explain.js";
import { codes as inCodes, number } from "../format.js";
import { ActionButton } from "../parts/action-button.js";
import { type ShownRecipients, useRecipients } from "../parts/use-recipients.js";
import { SearchField } from "../parts/search-field.js";
import { Ago, Fault, Unread } from "../parts/small.js";
import { useDebounced } from "../parts/use-debounced.js";
import type { Recipient } from "../server/guests.js";
import { forEachCode, selectCodes } from "../server/program-codes.js";
import { useProgram } from "../server/programs.js";
import type { CodeFilter, JobSummary } from "../server/types.js";
import { NOT_YET, SENTENCES, type State } from "../words.js";
import { CodeTable } from "./code-table.js";
import { CodesFoot } from "./codes-foot.js";
import {
  FILTER_NAMES,
  OF_NOBODY,
  type OfRecipients,
  codesOfRecipients,
  filtersOf,
} from "./filter.js";
import { useFoundCodes } from "./found-codes.js";
import { useSelection } from "./selection.js";

/**
 * For more codes, recipients are read only on request, because Uber returns a thousand at a time.
 */
const MANY = 5_000;
/** The worker searches for no longer text. */
const LONGEST_FIND = 200;

interface Props {
  programId: string;
  jobs: readonly JobSummary[];
}

export function Codes({ programId, jobs }: Props) {
  const currency = useProgram(programId).program?.currencyCode ?? null;
  const [filter, setFilter] = useState<CodeFilter>("all");
  const [wanted, setWanted] = useState("");
  const find = useDebounced(wanted.trim()).slice(0, LONGEST_FIND);
  const recipients = useRecipients(programId);
  const byCode = recipients.value?.byCode ?? null;
  const ofRecipients = useCodesOfRecipients(byCode, find);
  const query = { filter, find, codes: ofRecipients.codes };
  const found = useFoundCodes(programId, query);
  const selection = useSelection(programId, query, found);
  const { page, problem, isBusy, reload } = found;
  const isSmall = page !== null && page.counts.all <= MANY;
  useEffect(() => {
    if (isSmall) recipients.read(false);
  }, [programId, isSmall]);
  const byId = useMemo(() => new Map(jobs.map((job) => [job.id, job])), [jobs]);

  if (page === null) {
    return problem ? (
      <Unread what="The codes" explained={explainReading(problem)} onAgain={reload} />
    ) : (
      <div
        class="card codes-card codes-bones"
        aria-busy="true"
        role="status"
        aria-label="The codes are being read"
      >
        <span class="skeleton skeleton-title" />
      </div>
    );
  }
  const isBehind = jobs.some(({ updatedAt }) => updatedAt > page.knownAt);
  return (
    <section class="card codes-card" aria-labelledby="codes-title">
      <div class="codes-head">
        <h2 id="codes-title">
          Codes <span class="quiet">{number(page.counts.all)}</span>
        </h2>
        <span class="quiet codes-true">
          {isBehind ? "Jobs have continued since" : <Ago ms={page.readAt} />}
          {" · "}
          <ActionButton look="link" isBusy={isBusy} onClick={reload}>
            Read again
          </ActionButton>
        </span>
        <SearchField
          label="Find a code by its text, its id, or its recipient"
          placeholder="Code, id or recipient"
          value={wanted}
          onChange={setWanted}
          onLeave={() => document.querySelector<HTMLElement>(".codes")?.focus()}
        />
      </div>
      <RecipientsLine programId={programId} recipients={recipients} isCut={ofRecipients.isCut} />
      <div class="filters" role="group" aria-label="Shown codes">
        {filtersOf(page).map(([one, count]) => (
          <ActionButton
            key={one}
            look="filter"
            isPressed={one === filter}
            title={one === "not-yet" ? NOT_YET : SENTENCES[one as State]}
            onClick={() => setFilter(one)}
          >
            {FILTER_NAMES[one] ?? one} <span class="filter-count">{number(count)}</span>
          </ActionButton>
        ))}
      </div>
      {problem && <Fault explained={explainReading(problem)} />}
      {/* The bar with the action for the selection stays visible, below the header of the card. */}
      <div class="codes-body">
        {page.found === 0 ? (
          <p class="codes-none quiet">
            No code matches.{" "}
            {find !== "" && recipients.value?.isMasked !== false && (
              <>
                Recipients are searched only when they are shown in full.{" "}
                <ActionButton
                  look="link"
                  isBusy={recipients.isBusy}
                  onClick={() => recipients.read(true)}
                >
                  {recipients.isBusy ? "Recipients are being read" : "Search them"}
                </ActionButton>{" "}
                (recorded in the audit trail){" "}
              </>
            )}
            <button
              type="button"
              class="link"
              onClick={() => {
                setFilter("all");
                setWanted("");
              }}
            >
              Show all
            </button>
          </p>
        ) : (
          <CodeTable
            programId={programId}
            found={found}
            jobs={byId}
            recipients={byCode}
            currency={currency}
            selection={selection}
          />
        )}
        <CodesFoot programId={programId} notYet={page.counts["not-yet"]} selection={selection} />
      </div>
    </section>
  );
}

/** The codes whose recipients match the text; none until they are found. */
function useCodesOfRecipients(
  byCode: ReadonlyMap<string, Recipient> | null,
  text: string,
): OfRecipients {
  const [found, setFound] = useState(OF_NOBODY);
  useEffect(() => {
    if (byCode === null || text === "") {
      setFound(OF_NOBODY);
      return undefined;
    }
    const stop = new AbortController();
    codesOfRecipients(byCode, text, stop.signal).then(setFound, () => {
      // Somebody types on.
    });
    return () => stop.abort();
  }, [byCode, text]);
  return found;
}

async function countWithout(
  programId: string,
  byCode: ReadonlyMap<string, Recipient>,
  signal: AbortSignal,
): Promise<number> {
  const pieces = await selectCodes(programId, { filter: "not-canceled" }, { signal });
  let count = 0;
  await forEachCode(pieces, (code) => (count += Number(!byCode.has(code))), signal);
  return count;
}

/** How many codes have no guest; `null` until it is known. */
function useWithoutGuest(
  programId: string,
  byCode: ReadonlyMap<string, Recipient> | null,
): number | null {
  const [without, setWithout] = useState<number | null>(null);
  useEffect(() => {
    setWithout(null);
    if (byCode === null) return undefined;
    const stop = new AbortController();
    countWithout(programId, byCode, stop.signal).then(setWithout, () => {
      // The table says why codes can't be read.
    });
    return () => stop.abort();
  }, [programId, byCode]);
  return without;
}

/** Whether recipients are shown, and how to show them. */
function RecipientsLine({
  programId,
  recipients: { value, isBusy, problem, read },
  isCut,
}: {
  programId: string;
  recipients: ShownRecipients;
  isCut: boolean;
}) {
  const byCode = value?.byCode ?? null;
  const without = useWithoutGuest(programId, byCode) ?? 0;
  if (problem !== null) {
    return (
      <p class="quiet recipients-line">
        Recipients could not be read: {explainReading(problem).what}.{" "}
        <ActionButton look="link" isBusy={isBusy} onClick={() => read(false)}>
          Try again
        </ActionButton>
      </p>
    );
  }
  return (
    <p class="quiet recipients-line">
      {byCode === null ? (
        <ActionButton look="link" isBusy={isBusy} onClick={() => read(false)}>
          {isBusy ? "Recipients are being read" : "Show recipients"}
        </ActionButton>
      ) : (
        <>
          {isCut && "More recipients match than can be searched: these are the first 1,000. "}
          {without > 0 && `${inCodes(without)} ${without === 1 ? "has" : "have"} no guest. `}
          {value?.isMasked === false ? (
            "Recipients are unmasked, which is recorded in the audit trail."
          ) : (
            <>
              Recipients are masked.{" "}
              <ActionButton look="link" isBusy={isBusy} onClick={() => read(true)}>
                Show them in full
              </ActionButton>{" "}
              (recorded in the audit trail)
            </>
          )}
        </>
      )}
    </p>
  );
}
