/** The consequence in one sentence, and every decision that has to be made first. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { type Explained, explainReading } from "../explain.js";
import { codes, count, number, rows, verb } from "../format.js";
import type { Check } from "../lists/check.js";
import { ActionButton } from "../parts/action-button.js";
import { Callout, Fault } from "../parts/small.js";
import { useConfig } from "../server/config.js";
import { Foreign, LeftOut, Unchecked } from "./belonging.js";
import { Cost } from "./cost.js";
import {
  type Decisions,
  isUndecided,
  leavingIf,
  leavingOf,
  mustType,
  obstacleOf,
  rejectedRows,
} from "./list-decisions.js";
import { SentBefore } from "./sent-before.js";

export interface ReviewProps {
  /** The number of valid codes. */
  size: number;
  duplicates: number;
  rejected: number;
  /** The rejected rows are people without a code. */
  isOfPeople?: boolean;
  /** The file names the programs. */
  isOfSeveral?: boolean;
  check: Check;
  /** The destination: `in Berlin summer party`. */
  where: ComponentChildren;
  decisions: Decisions;
  isBusy: boolean;
  /** Everything is paused: the job will wait. */
  isPaused: boolean;
  /** Why nothing can be distributed at the moment; empty if it can. */
  obstacle: string;
  /** Why the last attempt failed. */
  fault: Explained | null;
  /** Another text has to be typed, so the number need not be. */
  isConfirmed?: boolean;
  /** One of the codes is sent alone, before the others. */
  isOneFirst?: boolean;
  /** How they are sent: decisions of this screen. */
  children?: ComponentChildren;
  onDecide(decisions: Decisions): void;
  onCheckAgain(): void;
  onDistribute(): void;
  /** Passes the list on to the screen of this program. */
  onTake?(programId: string): void;
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
              ? "No recipient in this list matches a code"
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

/**
 * The admin's action has led here, to a list that was read. The keyboard focus, and the screen
 * reader, continue from here.
 */
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

/** Whether real people are reached: shown beside the button that sends. */
function Side() {
  const config = useConfig();
  if (config === null) return null;
  const { environment, host } = config;
  if (environment === "sandbox") {
    return (
      <p class="review-side">
        <b>Sandbox.</b> No messages are sent: everything stays on this machine.
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

/** Shown before there is a list. */
export const NothingToReview = () => (
  <section class="card review" aria-labelledby="review-title">
    <h2 id="review-title">Review</h2>
    <p class="quiet review-wait">
      Once a list is read, this shows what will happen. Nothing is sent before you confirm it.
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
  const isForeign = (checked?.listed.foreign ?? 0) > 0;
  return (
    <>
      {!isForeign && leaving > 0 && isUndecided(props) && (
        <p class="consequence">
          {check.step === "checked"
            ? `Your decision below determines how many of these ${codes(size)} are sent.`
            : `${codes(size)}: what will happen to them is known once they are compared.`}
        </p>
      )}
      {!isForeign && leaving > 0 && !isUndecided(props) && (
        <p class="consequence">
          <b>{codes(leaving)}</b> will be queued for distribution {where}.{" "}
          {leaving === 1
            ? "It is sent to its recipient by e-mail or SMS."
            : "Each is sent to its recipient by e-mail or SMS."}{" "}
          {repeated > 0 && <b>{number(repeated)} may arrive a second time. </b>}
          {checked && <Cost check={checked} again={decisions.again} />}A message can’t be taken
          back.
          {props.isPaused && " Everything is paused: they are sent when it is resumed."}
        </p>
      )}
      {duplicates > 0 && (
        <p class="quiet">
          {rows(duplicates)} {verb(duplicates, "repeats", "repeat")} a code; each code is sent once.
        </p>
      )}
      {check.step === "checking" && check.of > 1 && (
        <p class="left-out" role="status">
          {number(check.done)} of {count(check.of, "program")} compared.{" "}
          <button type="button" class="link" onClick={check.stop}>
            Stop
          </button>
        </p>
      )}
      {check.step === "stopped" && (
        <p class="left-out">
          Stopped: nothing is sent unless all programs are compared.{" "}
          <ActionButton look="link" onClick={props.onCheckAgain}>
            Compare them
          </ActionButton>
        </p>
      )}
      {check.step === "failed" && (
        <Fault explained={explainReading(check.problem)}>
          <ActionButton look="link" onClick={props.onCheckAgain}>
            Check again
          </ActionButton>
        </Fault>
      )}
      {checked && (
        <>
          <Foreign
            listed={checked.listed}
            size={size}
            isOfSeveral={props.isOfSeveral ?? false}
            leaving={isUndecided(props) ? null : leaving}
            onTake={(program) => props.onTake?.(program)}
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
      {before && before.failed > 0 && !isForeign && (
        <p class="quiet">
          {codes(before.failed)} of the list failed in an earlier job, so nobody has{" "}
          {verb(before.failed, "it", "them")}: {verb(before.failed, "it is", "they are")} sent like
          any other code.
        </p>
      )}
      {checked && before && before.total > 0 && !isForeign && (
        <SentBefore
          before={before}
          size={size}
          leaving={{ skip: leavingIf(checked, "skip"), resend: leavingIf(checked, "resend") }}
          again={decisions.again}
          isOutdated={decisions.isOutdated}
          onDecide={(again) => onDecide({ ...decisions, again, isOutdated: false })}
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
      {isApproved && !isForeign && (
        <Callout tone="note" title="A second person has to approve this">
          <p>
            It has more than {codes(approval.above)}. The job is created and waits; nothing is sent
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
        {isApproved && !isForeign ? "Ask to distribute" : "Distribute"}{" "}
        {isForeign || isUndecided(props)
          ? ""
          : props.isOneFirst
            ? `1 code first, of ${number(leaving)}`
            : codes(leaving)}
      </button>
      <p class="review-reason" id="review-reason">
        {isBusy ? "The job is being created. Nothing is sent before that." : reason}
      </p>
    </>
  );
}
