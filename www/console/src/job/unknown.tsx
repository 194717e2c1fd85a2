/** Batches of which nobody knows whether Uber queued them, and what can be decided. */
import { ApiError, type JobBatch, type JobDecision, type JobProgress } from "uber-vouchers";
import { useMemo, useState } from "preact/hooks";

import { codes, count, number } from "../format.js";
import { type Live, decide, run } from "../jobs.js";
import { Modal } from "../parts/modal.js";
import { ErrorCode, Moment, StatePill } from "../parts/small.js";

const MOST_SHOWN = 50;

interface Question {
  batches: readonly JobBatch[];
  decision: JobDecision;
}

const open = ({ codes: all, reported }: JobBatch): number => all - reported;
const sum = (batches: readonly JobBatch[]): number =>
  batches.reduce((all, batch) => all + open(batch), 0);

const DECISIONS: Record<
  JobDecision,
  { button(size: string): string; consequence: string; question(size: string): string }
> = {
  resend: {
    button: (size) => `Send ${size} again`,
    consequence: "If Uber queued them, their recipients get a second message.",
    question: (size) => `Send ${size} again?`,
  },
  queued: {
    button: (size) => `Take ${size} as queued`,
    consequence: "Nothing is sent. If Uber did not queue them, nobody gets them.",
    question: (size) => `Take ${size} as queued?`,
  },
  abandon: {
    button: (size) => `Abandon ${size}`,
    consequence: "Nothing is sent. They are not looked after any more.",
    question: (size) => `Abandon ${size}?`,
  },
};

export function Unknown({ live, progress }: { live: Live; progress: JobProgress }) {
  const [question, setQuestion] = useState<Question | null>(null);
  // What changed is in the progress.
  const batches = useMemo(
    () => live.job.batches().filter(({ state }) => state === "unknown"),
    [live, progress],
  );
  if (batches.length === 0) return null;
  const shown = batches.slice(0, MOST_SHOWN);
  return (
    <section class="card unknown-batches" aria-labelledby="unknown-title">
      <h2 id="unknown-title">
        <StatePill state="unknown" /> {codes(sum(batches))} wait for your decision
      </h2>
      <p>
        Uber may or may not have queued these. Look for claims in this program at Uber, or ask a few
        recipients: a claim proves that a code was sent, a missing one proves nothing.
      </p>
      {batches.length > 1 && <Choice batches={batches} onChoose={setQuestion} all />}
      <ul class="batches">
        {shown.map((batch) => (
          <li key={batch.id} class="batch">
            <p class="batch-story">
              <b>Batch {number(batch.id + 1)}</b>: {codes(batch.codes)}
              {batch.reported > 0 && `, ${number(batch.reported)} of them reported by Uber`}.{" "}
              {count(batch.attempts, "request")}
              {batch.sentAt !== null && (
                <>
                  , the last on <Moment ms={batch.sentAt} />
                </>
              )}
              .{" "}
              {batch.lastError
                ? `${batch.lastError.message}.`
                : "The page ended before an answer came."}{" "}
              <ErrorCode
                code={batch.lastError?.code ?? "interrupted"}
                status={batch.lastError instanceof ApiError ? batch.lastError.status : null}
              />
            </p>
            <Choice batches={[batch]} onChoose={setQuestion} />
          </li>
        ))}
      </ul>
      {batches.length > shown.length && (
        <p class="quiet">And {count(batches.length - shown.length, "batch", "batches")} more.</p>
      )}
      {question && (
        <Ask
          question={question}
          pending={live.isRunning.get() ? 0 : progress.pending}
          onAnswer={(isYes) => {
            setQuestion(null);
            if (!isYes) return;
            const ids = question.batches.map(({ id }) => id);
            void decide(live, ids, question.decision).then(() =>
              question.decision === "resend" ? run(live) : undefined,
            );
          }}
        />
      )}
    </section>
  );
}

function Choice({
  batches,
  onChoose,
  all = false,
}: {
  batches: readonly JobBatch[];
  onChoose(question: Question): void;
  all?: boolean;
}) {
  const size = all ? `all ${codes(sum(batches))}` : codes(sum(batches));
  return (
    <div class="choices">
      {(["resend", "queued", "abandon"] as const).map((decision) => (
        <div key={decision} class="choice">
          <button type="button" class="button" onClick={() => onChoose({ batches, decision })}>
            {DECISIONS[decision].button(size)}
          </button>
          <span class="quiet">{DECISIONS[decision].consequence}</span>
        </div>
      ))}
    </div>
  );
}

function Ask({
  question,
  pending,
  onAnswer,
}: {
  question: Question;
  /** How many codes leave along with those that are sent again. */
  pending: number;
  onAnswer(isYes: boolean): void;
}) {
  const size = codes(sum(question.batches));
  const { question: ask, consequence, button } = DECISIONS[question.decision];
  return (
    <Modal labelledBy="decide-title" describedBy="decide-text" onClose={() => onAnswer(false)}>
      <h2 id="decide-title">{ask(size)}</h2>
      <p id="decide-text">
        {consequence}
        {question.decision === "resend" &&
          pending > 0 &&
          ` Sending goes on: the ${codes(pending)} that ${pending === 1 ? "is" : "are"} pending leave too.`}
      </p>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={() => onAnswer(false)}>
          Cancel
        </button>
        <button type="button" class="button button-strong" onClick={() => onAnswer(true)}>
          {button(size)}
        </button>
      </div>
    </Modal>
  );
}
