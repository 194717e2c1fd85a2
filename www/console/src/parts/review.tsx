/** The consequence in one sentence, and every decision that has to come before it. */
import type { CodeList } from "uber-vouchers";
import type { ComponentChildren } from "preact";

import { codes, number, rows, verb } from "../format.js";
import { Link, paths } from "../router.js";
import type { Repeats } from "../sends.js";
import { Ago, Callout, StatePill } from "./small.js";

/** What the admin has decided about a list. */
export interface Decisions {
  leaveOutRejected: boolean;
  sendAgain: boolean;
}

interface Props {
  list: CodeList | null;
  programName: string;
  repeats: Repeats | null;
  decisions: Decisions;
  isBusy: boolean;
  /** Why nothing can be sent at the moment; empty if it can. */
  obstacle: string;
  onDecide(decisions: Decisions): void;
  onDistribute(): void;
}

export function Review(props: Props) {
  const { list } = props;
  return (
    <section class="card review" aria-labelledby="review-title">
      <h2 id="review-title">Review</h2>
      {list === null ? (
        <p class="quiet review-wait">
          Once a list is read, this says what will happen. Nothing is sent before you confirm it.
        </p>
      ) : list.size === 0 ? (
        <Callout tone="rejected" title="There is no valid code in this list">
          <p>
            {list.rejectedCount > 0
              ? "Every row was rejected. The reasons are listed beside."
              : "It is empty."}{" "}
            There is nothing to distribute.
          </p>
        </Callout>
      ) : (
        <Ready {...props} list={list} />
      )}
    </section>
  );
}

function Ready(props: Props & { list: CodeList }) {
  const { list, programName, repeats, decisions, isBusy, obstacle, onDecide, onDistribute } = props;
  const reason = obstacle || undecided(list, repeats, decisions);
  return (
    <>
      <p class="consequence">
        <b>{codes(list.size)}</b> will be queued for distribution in <b>{programName}</b>.{" "}
        {list.size === 1
          ? "It is sent to its recipient by e-mail or SMS."
          : "Each is sent to its recipient by e-mail or SMS."}
      </p>
      {list.duplicates > 0 && (
        <p class="quiet">
          {rows(list.duplicates)} {verb(list.duplicates, "repeats", "repeat")} a code; each code is
          sent once.
        </p>
      )}
      {repeats && (
        <Again
          repeats={repeats}
          size={list.size}
          isAccepted={decisions.sendAgain}
          onAccept={(sendAgain) => onDecide({ ...decisions, sendAgain })}
        />
      )}
      {list.rejectedCount > 0 && (
        <Decision
          isMade={decisions.leaveOutRejected}
          onMake={(leaveOutRejected) => onDecide({ ...decisions, leaveOutRejected })}
        >
          Leave out the {count(list.rejectedCount)}
        </Decision>
      )}
      <button
        type="button"
        class="button button-strong button-wide"
        aria-disabled={reason !== "" || isBusy}
        aria-describedby="review-reason"
        onClick={() => reason === "" && !isBusy && onDistribute()}
      >
        Distribute {codes(list.size)}
      </button>
      <p class="review-reason" id="review-reason">
        {reason || "You confirm once more before anything is sent."}
      </p>
    </>
  );
}

const count = (rejected: number): string =>
  `${number(rejected)} rejected ${verb(rejected, "row", "rows")}`;

function undecided(list: CodeList, repeats: Repeats | null, decisions: Decisions): string {
  if (repeats && !decisions.sendAgain) return "First decide about the codes that left before.";
  if (list.rejectedCount > 0 && !decisions.leaveOutRejected) {
    return `First decide about the ${count(list.rejectedCount)}, or correct the list.`;
  }
  return "";
}

function Again({
  repeats,
  size,
  isAccepted,
  onAccept,
}: {
  repeats: Repeats;
  size: number;
  isAccepted: boolean;
  onAccept(is: boolean): void;
}) {
  const { queued, unknown, latest } = repeats;
  const all = queued + unknown;
  const whom =
    all === size ? (all === 1 ? "This code" : `All ${number(all)}`) : `${number(all)} of these`;
  return (
    <Callout
      tone="unknown"
      title={
        unknown > 0
          ? `${whom} may have been queued before`
          : `${whom} ${verb(all, "was", "were")} queued before`
      }
    >
      <p>
        From this browser, <Ago ms={latest.startedAt} />:{" "}
        <Link to={paths.distribution(latest.programId, latest.id)}>see that distribution</Link>.{" "}
        {queued > 0 && unknown > 0 && `${codes(queued)} queued, ${codes(unknown)} unknown. `}
        {unknown > 0 && `If Uber queued ${verb(all, "it", "them")}, a second message goes out. `}
        {unknown === 0 &&
          `A second message would go to ${verb(all, "its recipient", "their recipients")}.`}
      </p>
      <p class="callout-code">
        <StatePill state={unknown > 0 ? "unknown" : "queued"} />
      </p>
      <Decision isMade={isAccepted} onMake={onAccept}>
        {unknown > 0 ? "I have looked. Send " : "Send "}
        {all === 1 ? "this code" : `these ${codes(all)}`} again
      </Decision>
    </Callout>
  );
}

function Decision({
  isMade,
  onMake,
  children,
}: {
  isMade: boolean;
  onMake(is: boolean): void;
  children: ComponentChildren;
}) {
  return (
    <label class="decision">
      <input
        type="checkbox"
        checked={isMade}
        onChange={(event) => onMake(event.currentTarget.checked)}
      />
      <span>{children}</span>
    </label>
  );
}
