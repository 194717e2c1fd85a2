/** The consequence in one sentence, and every decision that has to come before it. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { type Explained, explainReading } from "../explain.js";
import { codes, number, rows, verb } from "../format.js";
import type { Check } from "../lists/check.js";
import { Callout, Fault } from "../parts/small.js";
import { useConfig } from "../server/config.js";
import type { Again } from "../server/jobs.js";
import { SentBefore } from "./sent-before.js";

/** What the admin has decided about a list. */
export interface Decisions {
  leaveOutRejected: boolean;
  again: Again;
}

export const UNDECIDED: Decisions = { leaveOutRejected: false, again: null };

export interface ReviewProps {
  /** Codes that are valid. */
  size: number;
  duplicates: number;
  rejected: number;
  check: Check;
  /** Where they go: `in Berlin summer party`. */
  where: ComponentChildren;
  decisions: Decisions;
  isBusy: boolean;
  /** Everything is paused: the job will wait. */
  isPaused: boolean;
  /** Why nothing can be distributed at the moment; empty if it can. */
  obstacle: string;
  /** Why the last try did not work. */
  fault: Explained | null;
  children?: ComponentChildren;
  onDecide(decisions: Decisions): void;
  onCheckAgain(): void;
  onDistribute(): void;
}

export function Review(props: ReviewProps) {
  const { size, rejected } = props;
  return (
    <section class="card review" aria-labelledby="review-title">
      <ReviewTitle />
      {size === 0 ? (
        <Callout tone="rejected" title="There is no valid code in this list">
          <p>
            {rejected > 0
              ? "Every row was rejected. The reasons are listed beside."
              : "It is empty."}{" "}
            There is nothing to distribute.
          </p>
        </Callout>
      ) : (
        <Ready {...props} />
      )}
    </section>
  );
}

/** What was done has led here: to read a list. The keyboard, and whoever hears the page, go on from here. */
function ReviewTitle() {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const { activeElement } = document;
    const isFree =
      activeElement === null || activeElement.matches("body, main, .button-file input");
    if (isFree) title.current?.focus({ preventScroll: true });
  }, []);
  return (
    <h2 id="review-title" tabIndex={-1} ref={title}>
      Review
    </h2>
  );
}

/** Whether what is done here reaches anybody: beside the button that does it. */
function Side() {
  const config = useConfig();
  if (config === null) return null;
  const { environment, host } = config;
  if (environment === "sandbox") {
    return (
      <p class="review-side">
        <b>Sandbox.</b> Nobody gets a message: nothing leaves this machine.
      </p>
    );
  }
  return (
    <p class="review-side review-real">
      <b>{host === "api.uber.com" ? "Uber production." : `Uber at ${host}.`}</b> Real messages to
      real people.
    </p>
  );
}

/** Before there is a list. */
export const NothingToReview = () => (
  <section class="card review" aria-labelledby="review-title">
    <h2 id="review-title">Review</h2>
    <p class="quiet review-wait">
      Once a list is read, this says what will happen. Nothing is sent before you confirm it.
    </p>
  </section>
);

function Ready(props: ReviewProps) {
  const { size, duplicates, rejected, check, where, decisions, isBusy, fault } = props;
  const before = check.step === "checked" ? check.before : null;
  const leaving = decisions.again === "skip" && before ? size - before.total : size;
  const reason = props.obstacle || undecided(props);
  const repeated = decisions.again === "resend" && before ? before.total : 0;
  return (
    <>
      <p class="consequence">
        <b>{codes(leaving)}</b> will be queued for distribution {where}.{" "}
        {leaving === 1
          ? "It is sent to its recipient by e-mail or SMS."
          : "Each is sent to its recipient by e-mail or SMS."}{" "}
        {repeated > 0 && <b>{number(repeated)} may arrive a second time. </b>}A message can’t be
        taken back.
        {props.isPaused && " Everything is paused: they leave once it is resumed."}
      </p>
      {props.children}
      {duplicates > 0 && (
        <p class="quiet">
          {rows(duplicates)} {verb(duplicates, "repeats", "repeat")} a code; each code is sent once.
        </p>
      )}
      {check.step === "failed" && (
        <Fault explained={explainReading(check.problem)}>
          <button type="button" class="link" onClick={props.onCheckAgain}>
            Check again
          </button>
        </Fault>
      )}
      {before && before.total > 0 && (
        <SentBefore
          before={before}
          size={size}
          again={decisions.again}
          onDecide={(again) => props.onDecide({ ...decisions, again })}
        />
      )}
      {rejected > 0 && (
        <label class="decision">
          <input
            type="checkbox"
            checked={decisions.leaveOutRejected}
            onChange={(event) =>
              props.onDecide({ ...decisions, leaveOutRejected: event.currentTarget.checked })
            }
          />
          <span>Leave out the {rejectedRows(rejected)}</span>
        </label>
      )}
      {fault && <Fault explained={fault} />}
      <Side />
      <button
        type="button"
        class="button button-strong button-wide"
        aria-disabled={reason !== "" || isBusy}
        aria-describedby="review-reason"
        onClick={() => reason === "" && !isBusy && props.onDistribute()}
      >
        Distribute {codes(leaving)}
      </button>
      <p class="review-reason" id="review-reason">
        {isBusy ? "The job is being created. Nothing leaves before that." : reason}
      </p>
    </>
  );
}

const rejectedRows = (rejected: number): string =>
  `${number(rejected)} rejected ${verb(rejected, "row", "rows")}`;

function undecided({ check, decisions, rejected }: ReviewProps): string {
  if (check.step === "checking") return "Looking which of these codes are in an earlier job.";
  if (check.step !== "checked")
    return "It is not known yet which of these codes are in an earlier job.";
  if (check.before.total > 0 && decisions.again === null) {
    return "First decide about the codes that are in an earlier job.";
  }
  if (rejected > 0 && !decisions.leaveOutRejected) {
    return `First decide about the ${rejectedRows(rejected)}, or correct the list.`;
  }
  return "";
}
