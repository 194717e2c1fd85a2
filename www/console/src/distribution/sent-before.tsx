/** Codes of the list that an earlier job has: their states, and the decision about them. */
import { codes, count, number, timeOfDay, verb } from "../format.js";
import type { Before } from "../lists/check.js";
import { Callout, StateWord } from "../parts/small.js";
import { Link, paths } from "../router.js";
import type { Again } from "../server/jobs.js";
import { OUTDATED } from "./decided-on.js";
import { maySendAgain } from "./list-decisions.js";

const MAX_JOBS = 3;

interface Props {
  before: Before;
  size: number;
  /** How many codes are sent, by each decision. */
  leaving: Record<Exclude<Again, null>, number>;
  again: Again;
  /** Whether the earlier decision was withdrawn. */
  isOutdated: boolean;
  onDecide(again: Again): void;
}

export function SentBefore({ before, size, leaving, again, isOutdated, onDecide }: Props) {
  const { total, used, waiting, states, jobs, resendAt } = before;
  const open = total - used;
  const isWaiting = waiting === total;
  const whom =
    total === size
      ? total === 1
        ? "This code"
        : `All ${number(total)}`
      : `${number(total)} of these`;
  return (
    <Callout
      tone="unknown"
      title={
        isWaiting
          ? `${whom} ${verb(total, "is", "are")} waiting to be sent in ${verb(jobs.length, "another job", "other jobs")}`
          : `${whom} ${verb(total, "is", "are")} in ${verb(jobs.length, "an earlier job", "earlier jobs")}`
      }
    >
      <p class="before-states">
        {states.map(([state, size]) => (
          <span key={state}>
            {number(size)} <StateWord state={state} />
          </span>
        ))}
      </p>
      <p>
        {total === size && "There is no other code in the list. "}
        {verb(jobs.length, "Open that job: ", "Open those jobs: ")}
        {jobs.slice(0, MAX_JOBS).map(({ programId, jobId }, index) => (
          <>
            {index > 0 && ", "}
            <Link to={paths.job(programId, jobId)}>{jobId.slice(0, 8)}</Link>
          </>
        ))}
        {jobs.length > MAX_JOBS && ` and ${number(jobs.length - MAX_JOBS)} more`}
      </p>
      {waiting > 0 && (
        <p>
          {isWaiting
            ? verb(total, "It has not left yet.", "None of them has left yet.")
            : `${verb(waiting, "The one that is", `The ${number(waiting)} that are`)} pending ${verb(waiting, "has", "have")} not left yet.`}{" "}
          If you cancel or end {verb(jobs.length, "that job", "those jobs")},{" "}
          {verb(waiting, "it is", "they are")} free; otherwise{" "}
          {verb(jobs.length, "that job sends", "those jobs send")} {verb(waiting, "it", "them")}.
        </p>
      )}
      {used > 0 && (
        <p class="before-used">
          <b>
            {total === 1
              ? "It"
              : total === used
                ? `All ${number(total)}`
                : `${number(used)} of ${number(total)}`}{" "}
            {verb(used, "is", "are")} in use: {verb(used, "this is", "these are")} left out.
          </b>{" "}
          {verb(used, "Its recipient has it.", "Their recipients have them.")}
        </p>
      )}
      {isOutdated && (
        <p>
          <b>{OUTDATED}</b>
        </p>
      )}
      {(leaving.skip > 0 || (open > 0 && !isWaiting)) && (
        <fieldset class="choices-again">
          <legend class="visually-hidden">
            What to do with the codes that are in an earlier job
          </legend>
          {leaving.skip > 0 && (
            <Choice
              value="skip"
              again={again}
              onDecide={onDecide}
              title={`Leave ${verb(total, "it", "them")} out`}
              consequence={`${codes(leaving.skip)} will be queued. No recipient gets a second message.`}
            />
          )}
          {open > 0 && !isWaiting && (
            <Choice
              value="resend"
              again={again}
              onDecide={onDecide}
              title={
                used === 0
                  ? `Send ${verb(total, "it", "them")} again`
                  : `Send the other ${open === 1 ? "one" : number(open)} again`
              }
              isDisabled={resendAt !== null || !maySendAgain(before)}
              consequence={
                !maySendAgain(before)
                  ? `Not while another job is going to send ${number(waiting)} of them: both jobs would send ${verb(waiting, "it", "them")}. Open that job first.`
                  : resendAt === null
                    ? `${codes(leaving.resend)} will be queued. ${count(open, "recipient")} may get a second message.`
                    : `Uber’s reports of these codes are arriving. This opens at ${timeOfDay(resendAt)} if nothing more arrives.`
              }
            />
          )}
        </fieldset>
      )}
    </Callout>
  );
}

function Choice({
  value,
  again,
  title,
  consequence,
  isDisabled = false,
  onDecide,
}: {
  value: "skip" | "resend";
  again: Again;
  title: string;
  consequence: string;
  isDisabled?: boolean;
  onDecide(again: Again): void;
}) {
  return (
    <label class="decision">
      <input
        type="radio"
        name="again"
        value={value}
        checked={again === value}
        disabled={isDisabled}
        onChange={() => onDecide(value)}
      />
      <span>
        {title}
        <span class="decision-more">{consequence}</span>
      </span>
    </label>
  );
}
