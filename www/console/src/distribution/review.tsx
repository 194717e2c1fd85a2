/** The consequence in one sentence, and every decision that has to come before it. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { type Explained, explainReading } from "../explain.js";
import { codes, number, rows, verb } from "../format.js";
import type { Check } from "../lists/check.js";
import { Callout, Fault } from "../parts/small.js";
import { useConfig } from "../server/config.js";
import type { Again } from "../server/jobs.js";
import { Foreign, LeftOut, Unchecked } from "./belonging.js";
import { type Decisions, leavingOf, mustType, obstacleOf, rejectedRows } from "./decisions.js";
import { SentBefore } from "./sent-before.js";

export interface ReviewProps {
  /** Codes that are valid. */
  size: number;
  duplicates: number;
  rejected: number;
  /** Those are people who lead to no code. */
  isOfPeople?: boolean;
  /** The file names the programs. */
  isOfSeveral?: boolean;
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
  /** Something else has to be typed: the number need not be. */
  isConfirmed?: boolean;
  /** What they can cost, in a sentence. */
  cost?: ComponentChildren;
  /** One of them leaves alone, before the others. */
  isOneFirst?: boolean;
  /** How they leave: decisions of this screen. */
  children?: ComponentChildren;
  onDecide(decisions: Decisions): void;
  onCheckAgain(): void;
  onDistribute(): void;
  /** Reads the list without the codes that are of no use. */
  onLeaveOutForeign?(): void;
}

export function Review(props: ReviewProps) {
  const { size, rejected } = props;
  return (
    <section class="card review" aria-labelledby="review-title">
      <ReviewTitle />
      {size === 0 ? (
        <Callout
          tone="rejected"
          title={
            props.isOfPeople
              ? "Nobody in this list leads to a code"
              : "There is no valid code in this list"
          }
        >
          <p>
            {rejected > 0 ? "Every row was rejected. The reasons are listed." : "It is empty."}{" "}
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
  const { size, duplicates, rejected, check, where, decisions, isBusy, fault, onDecide } = props;
  const config = useConfig();
  const checked = check.step === "checked" ? check : null;
  const before = checked?.before;
  const leaving = leavingOf(props);
  const approval = config?.approval ?? null;
  const isApproved = approval !== null && leaving > approval.above;
  const reason = obstacleOf(props);
  const repeated = decisions.again === "resend" && before ? before.total - before.used : 0;
  const leavingIf = (again: Again) => leavingOf({ ...props, decisions: { ...decisions, again } });
  const isForeign = (checked?.listed.foreign ?? 0) > 0;
  return (
    <>
      {!isForeign && leaving > 0 && (
        <p class="consequence">
          <b>{codes(leaving)}</b> will be queued for distribution {where}.{" "}
          {leaving === 1
            ? "It is sent to its recipient by e-mail or SMS."
            : "Each is sent to its recipient by e-mail or SMS."}{" "}
          {repeated > 0 && <b>{number(repeated)} may arrive a second time. </b>}
          {props.cost}A message can’t be taken back.
          {props.isPaused && " Everything is paused: they leave once it is resumed."}
        </p>
      )}
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
      {checked && (
        <>
          <Foreign
            listed={checked.listed}
            size={size}
            isOfSeveral={props.isOfSeveral ?? false}
            {...(props.onLeaveOutForeign && { onLeaveOut: props.onLeaveOutForeign })}
          />
          <LeftOut listed={checked.listed} />
          <Unchecked
            listed={checked.listed}
            isUnchecked={decisions.isUnchecked}
            onDecide={(isUnchecked) => onDecide({ ...decisions, isUnchecked })}
            onCheckAgain={props.onCheckAgain}
          />
        </>
      )}
      {before && before.total > 0 && !isForeign && (
        <SentBefore
          before={before}
          size={size}
          leaving={{ skip: leavingIf("skip"), resend: leavingIf("resend") }}
          again={decisions.again}
          onDecide={(again) => onDecide({ ...decisions, again })}
        />
      )}
      {rejected > 0 && (
        <label class="decision">
          <input
            type="checkbox"
            checked={decisions.leaveOutRejected}
            onChange={(event) =>
              onDecide({ ...decisions, leaveOutRejected: event.currentTarget.checked })
            }
          />
          <span>Leave out the {rejectedRows(props)}</span>
        </label>
      )}
      {!isForeign && leaving > 0 && props.children}
      {isApproved && (
        <Callout tone="note" title="A second person has to approve this">
          <p>
            It has more than {codes(approval.above)}. The job is created and waits; nothing leaves
            before another operator has approved it.
          </p>
        </Callout>
      )}
      {mustType(props) && (
        <div class="typed">
          <label for="typed-number">
            To confirm, type how many codes these are: <b>{number(leaving)}</b>
          </label>
          <input
            id="typed-number"
            inputMode="numeric"
            value={decisions.typed}
            autocomplete="off"
            onInput={(event) => onDecide({ ...decisions, typed: event.currentTarget.value })}
          />
        </div>
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
        {isApproved ? "Ask to distribute" : "Distribute"}{" "}
        {props.isOneFirst ? `1 code first, of ${number(leaving)}` : codes(leaving)}
      </button>
      <p class="review-reason" id="review-reason">
        {isBusy ? "The job is being created. Nothing leaves before that." : reason}
      </p>
    </>
  );
}
