/** A program's codes, and what is known of each. */
import { useState } from "preact/hooks";
import type { Guest } from "uber-vouchers";

import { useKey } from "../frame/keys.js";
import { decimal, iso, number, shortDateTime, shortId } from "../format.js";
import { inOneLine } from "../job/use-recipients.js";
import { money } from "../money.js";
import { CheckIcon } from "../parts/icons.js";
import { useNarrow } from "../parts/narrow.js";
import { StateWord } from "../parts/small.js";
import { VirtualRows } from "../parts/virtual-rows.js";
import { Link, paths } from "../router.js";
import type { JobSummary, ProgramCode } from "../server/types.js";
import type { State } from "../words.js";
import type { Selection } from "./selection.js";

const ROW = 36;
const ROW_NARROW = 80;

/** What a state in this table rests on; the job says it for each of its codes. */
const RESTS_ON: Partial<Record<State, string>> = {
  distributed: "by webhook, or its use",
  failed: "by webhook",
  rejected: "by answer",
  abandoned: "by operator",
};

interface Props {
  programId: string;
  rows: readonly ProgramCode[];
  jobs: ReadonlyMap<string, JobSummary>;
  /** `null`: not shown. */
  recipients: ReadonlyMap<string, Guest> | null;
  selection: Selection;
  /** Of what was spent. */
  currency: string | null;
}

export function CodeTable({ programId, rows, jobs, recipients, selection, currency }: Props) {
  const [active, setActive] = useState<number | null>(null);
  const isNarrow = useNarrow();
  useKey("a", () => selection.toggleAll(rows));

  const current = active === null ? -1 : Math.min(active, rows.length - 1);
  const pressed = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = Math.min(Math.max(current + step, 0), rows.length - 1);
      if (event.shiftKey && current >= 0) {
        // The range begins where one stands.
        if (selection.codes.size === 0) selection.toggle(current, false);
        else selection.toggle(next, true);
      }
      setActive(next);
    } else if (event.key === " " && current >= 0) {
      event.preventDefault();
      selection.toggle(current, event.shiftKey);
    } else if (event.key === "Escape") {
      selection.clear();
    }
  };
  const chosen = rows.filter(({ code }) => selection.codes.has(code)).length;
  return (
    <VirtualRows
      label="Codes of the program"
      role="grid"
      class={recipients === null ? "codes" : "codes codes-with-recipients"}
      count={rows.length}
      rowHeight={isNarrow ? ROW_NARROW : ROW}
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
              class={checkClass(chosen === rows.length && chosen > 0, chosen > 0)}
              tabIndex={-1}
              aria-label="Select all codes that are shown"
              title="Select all codes that are shown (A)"
              onClick={() => selection.toggleAll(rows)}
            >
              <CheckIcon />
            </button>
          </span>
          <span role="columnheader">State</span>
          <span role="columnheader">What it rests on</span>
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
        const code = rows[index] as ProgramCode;
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
              selection.toggle(index, event.shiftKey);
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
  recipient: Guest | "nobody" | null;
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
