/** Codes of the list that an earlier job has: what is known of them, and what becomes of them. */
import { codes, count, number, verb } from "../format.js";
import type { Before } from "../lists/check.js";
import { Callout, StateWord } from "../parts/small.js";
import { Link, paths } from "../router.js";
import type { Again } from "../server/jobs.js";

const MOST_JOBS = 3;

interface Props {
  before: Before;
  size: number;
  /** How many codes leave, by each decision. */
  leaving: Record<Exclude<Again, null>, number>;
  again: Again;
  onDecide(again: Again): void;
}

export function SentBefore({ before, size, leaving, again, onDecide }: Props) {
  const { total, used, states, jobs } = before;
  const open = total - used;
  const whom =
    total === size
      ? total === 1
        ? "This code"
        : `All ${number(total)}`
      : `${number(total)} of these`;
  return (
    <Callout
      tone="unknown"
      title={`${whom} ${verb(total, "is", "are")} in ${verb(jobs.length, "an earlier job", "earlier jobs")}`}
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
        {verb(jobs.length, "See that job: ", "See those jobs: ")}
        {jobs.slice(0, MOST_JOBS).map(({ programId, jobId }, place) => (
          <>
            {place > 0 && ", "}
            <Link to={paths.job(programId, jobId)}>{jobId.slice(0, 8)}</Link>
          </>
        ))}
        {jobs.length > MOST_JOBS && ` and ${number(jobs.length - MOST_JOBS)} more`}
      </p>
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
      {(leaving.skip > 0 || open > 0) && (
        <fieldset class="choices-again">
          <legend class="unseen">What becomes of the codes that are in an earlier job</legend>
          {leaving.skip > 0 && (
            <Choice
              value="skip"
              again={again}
              onDecide={onDecide}
              title={`Leave ${verb(total, "it", "them")} out`}
              consequence={`${codes(leaving.skip)} will be queued. Nobody gets a second message.`}
            />
          )}
          {open > 0 && (
            <Choice
              value="resend"
              again={again}
              onDecide={onDecide}
              title={
                used === 0
                  ? `Send ${verb(total, "it", "them")} again`
                  : `Send the other ${open === 1 ? "one" : number(open)} again`
              }
              consequence={`${codes(leaving.resend)} will be queued. ${count(open, "recipient")} may get a second message.`}
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
  onDecide,
}: {
  value: "skip" | "resend";
  again: Again;
  title: string;
  consequence: string;
  onDecide(again: Again): void;
}) {
  return (
    <label class="decision">
      <input
        type="radio"
        name="again"
        value={value}
        checked={again === value}
        onChange={() => onDecide(value)}
      />
      <span>
        {title}
        <span class="decision-more">{consequence}</span>
      </span>
    </label>
  );
}
