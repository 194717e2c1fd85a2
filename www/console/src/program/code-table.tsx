/** A program's codes, with the state of each. */
import { useCallback, useState } from "preact/hooks";

import { announce } from "../announce.js";
import { useKey } from "../frame/keys.js";
import { decimal, iso, number, shortDateTime, shortId } from "../format.js";
import { inOneLine } from "../parts/use-recipients.js";
import { money } from "../money.js";
import { useBlocked } from "../parts/action-button.js";
import { CheckIcon } from "../parts/icons.js";
import { useNarrow } from "../parts/narrow.js";
import { StateWord } from "../parts/small.js";
import { type RowProperties, VirtualRows } from "../parts/virtual-rows.js";
import { Link, paths } from "../router.js";
import type { Recipient } from "../server/guests.js";
import type { JobSummary, ProgramCode } from "../server/types.js";
import type { State } from "../words.js";
import type { FoundCodes } from "./found-codes.js";
import type { Selection } from "./selection.js";

const ROW = 36;
const ROW_NARROW = 80;

/** The source of a state in this table; the page of the job has it for each of its codes. */
const RESTS_ON: Partial<Record<State, string>> = {
  distributed: "by webhook, or its use",
  failed: "by webhook",
  rejected: "by answer",
  abandoned: "by operator",
};

interface Props {
  programId: string;
  found: FoundCodes;
  jobs: ReadonlyMap<string, JobSummary>;
  /** `null`: not shown. */
  recipients: ReadonlyMap<string, Recipient> | null;
  selection: Selection;
  /** The currency of the spent amount. */
  currency: string | null;
}

export function CodeTable({ programId, found, jobs, recipients, selection, currency }: Props) {
  const [active, setActive] = useState<number | null>(null);
  const isNarrow = useNarrow();
  const blocked = useBlocked();
  const selectAll = () => (blocked === null ? selection.toggleAll() : announce(blocked));
  useKey("a", selectAll);
  const count = found.page?.found ?? 0;
  const onRange = useCallback(
    (first: number, end: number) => found.need(first, end),
    // Other rows have these places once it is another query, or was read again.
    [found.name, found.page],
  );

  const current = active === null ? -1 : Math.min(active, count - 1);
  const pressed = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = Math.min(Math.max(current + step, 0), count - 1);
      if (event.shiftKey && current >= 0) {
        // The range starts at the current row.
        if (selection.codes.size === 0) selection.toggle(current, found.at(current), false);
        else selection.toggle(next, found.at(next), true);
      }
      setActive(next);
    } else if (event.key === " " && current >= 0) {
      event.preventDefault();
      selection.toggle(current, found.at(current), event.shiftKey);
    } else if (event.key === "Escape") {
      selection.clear();
    }
  };
  return (
    <VirtualRows
      label="Codes of the program"
      role="grid"
      class={recipients === null ? "codes" : "codes codes-with-recipients"}
      count={count}
      rowHeight={isNarrow ? ROW_NARROW : ROW}
      onRange={onRange}
      show={active === null ? null : current}
      properties={{
        "aria-multiselectable": true,
        "aria-activedescendant": current >= 0 ? `code-${current}` : undefined,
        onKeyDown: pressed,
        onFocus: () => setActive((before) => before ?? 0),
      }}
      head={
        <div class="code-row code-head" role="row" aria-rowindex={1}>
          <span role="columnheader">
            <button
              type="button"
              class={checkClass(selection.isWhole, selection.codes.size > 0)}
              tabIndex={-1}
              aria-label="Select all shown codes"
              aria-disabled={blocked !== null}
              title={blocked ?? "Select all shown codes (A)"}
              onClick={selectAll}
            >
              <CheckIcon />
            </button>
          </span>
          <span role="columnheader">State</span>
          <span role="columnheader">Evidence</span>
          <span role="columnheader">Code</span>
          {recipients !== null && <span role="columnheader">Recipient</span>}
          <span role="columnheader">Id</span>
          <span role="columnheader" class="figure">
            Used
          </span>
          <span role="columnheader">Cancelled</span>
        </div>
      }
      row={(index, properties) => {
        const code = found.at(index);
        if (code === undefined) return <Bone {...properties} isActive={index === current} />;
        const isChosen = selection.codes.has(code.code);
        const names = ["code-row", isChosen && "is-chosen", index === current && "is-active"];
        return (
          <div
            {...properties}
            id={`code-${index}`}
            class={names.filter(Boolean).join(" ")}
            aria-selected={isChosen}
            onMouseDown={(event) => event.shiftKey && event.preventDefault()}
            onClick={(event) => {
              if ((event.target as HTMLElement).closest("a")) return;
              setActive(index);
              // The row that is shown: another may have its place by now.
              selection.toggle(index, code, event.shiftKey);
            }}
          >
            <Cells
              programId={programId}
              code={code}
              job={jobs.get(code.job ?? "")}
              recipient={recipients && (recipients.get(code.code) ?? "nobody")}
              currency={currency}
              isChosen={isChosen}
            />
          </div>
        );
      }}
    />
  );
}

/** A row that is being read. */
function Bone({ isActive, ...properties }: RowProperties & { isActive: boolean }) {
  return (
    <div {...properties} class={`code-row ${isActive ? "is-active" : ""}`} aria-busy="true">
      <span role="gridcell" />
      <span role="gridcell">
        <span class="bone bone-pill" />
      </span>
      <span role="gridcell" />
      <span role="gridcell">
        <span class="bone bone-id" />
      </span>
    </div>
  );
}

const STEPS: Record<string, number> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 12,
  PageUp: -12,
  Home: -1e9,
  End: 1e9,
};

const checkClass = (isAll: boolean, isSome: boolean): string =>
  isAll ? "check is-on" : isSome ? "check is-some" : "check";

function Cells({
  programId,
  code,
  job,
  recipient,
  currency,
  isChosen,
}: {
  programId: string;
  code: ProgramCode;
  job: JobSummary | undefined;
  recipient: Recipient | "nobody" | null;
  currency: string | null;
  isChosen: boolean;
}) {
  const { state, canceledAt, codeText } = code;
  return (
    <>
      <span role="gridcell" class="code-check">
        <span class={checkClass(isChosen, false)}>
          <CheckIcon />
        </span>
      </span>
      <span role="gridcell" class="code-state">
        {state === null ? <span class="quiet">in no job</span> : <StateWord state={state} />}
      </span>
      <span role="gridcell" class="code-evidence quiet">
        {code.job !== null && state !== null && (
          <>
            {RESTS_ON[state] && `${RESTS_ON[state]}, `}
            <Link to={paths.job(programId, code.job)}>
              job of {job ? shortDateTime(job.createdAt) : shortId(code.job)}
            </Link>
          </>
        )}
      </span>
      <span role="gridcell" class="code-text">
        <code>{codeText ?? "–"}</code>
      </span>
      {recipient !== null && (
        <span role="gridcell" class="code-recipient" dir="auto">
          {recipient === "nobody" ? <span class="quiet">no guest</span> : inOneLine(recipient)}
        </span>
      )}
      <span role="gridcell" class="code-id" title={code.code}>
        <code>{shortId(code.code)}</code>
      </span>
      <span role="gridcell" class="code-usage figure">
        {usage(code, currency)}
      </span>
      <span role="gridcell" class="code-canceled">
        {canceledAt !== null && (
          <span class="quiet" title={iso(canceledAt)}>
            {shortDateTime(canceledAt)}
          </span>
        )}
      </span>
    </>
  );
}

function usage({ usageCount, usageAmount }: ProgramCode, currency: string | null): string {
  if (usageCount === null) return "–";
  const times = `${number(usageCount)}×`;
  if (!usageAmount) return times;
  return `${times} · ${money(usageAmount, currency) ?? decimal(usageAmount)}`;
}
