/** Batches of which nobody knows whether Uber queued them, and what can be decided. */
import { useState } from "preact/hooks";

import { announce } from "../announce.js";
import { type Explained, explainAction, explainResume } from "../explain.js";
import { codes, count, number, verb } from "../format.js";
import { Modal } from "../parts/modal.js";
import { ErrorCode, Fault, Hint, Moment, StateWord } from "../parts/small.js";
import { decide, resumeJob } from "../server/jobs.js";
import { toWorkerError } from "../server/error.js";
import type { JobDecision, JobDetail, UnknownBatch } from "../server/types.js";
import { SENTENCES } from "../words.js";
import { ReadUsage } from "./usage.js";

const FIRST = 5;

interface Question {
  batch: number | "all";
  size: number;
  decision: JobDecision;
}

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
    consequence:
      "Nothing is sent. They are not looked after any more; a later report still counts.",
    question: (size) => `Abandon ${size}?`,
  },
};

/** Whether something waits for a decision. */
export const hasUnknown = ({ unknownBatchCount, progress }: JobDetail): boolean =>
  unknownBatchCount > 0 && progress.unknown > 0;

export function Unknown({ job }: { job: JobDetail }) {
  const [question, setQuestion] = useState<Question | null>(null);
  const [problem, setProblem] = useState<Explained | null>(null);
  const [isWhole, setWhole] = useState(false);
  const { unknownBatches, unknownBatchCount, progress } = job;
  if (!hasUnknown(job)) return null;
  const shown = isWhole ? unknownBatches : unknownBatches.slice(0, FIRST);

  const answer = async (isYes: boolean, asked: Question) => {
    setQuestion(null);
    if (!isYes) return;
    setProblem(null);
    try {
      await decide(job.programId, job.id, asked.batch, asked.decision);
      announce(`Decided: ${DECISIONS[asked.decision].button(codes(asked.size))}.`);
    } catch (error) {
      setProblem(explainAction(toWorkerError(error)));
      return;
    }
    if (asked.decision !== "resend") return;
    try {
      await resumeJob(job.programId, job.id);
    } catch (error) {
      setProblem(explainResume(toWorkerError(error)));
    }
  };
  return (
    <section class="card unknown" aria-labelledby="unknown-title">
      <h2 id="unknown-title">
        <Hint text={SENTENCES.unknown}>
          <StateWord state="unknown" title="" />
        </Hint>{" "}
        {codes(progress.unknown)} {verb(progress.unknown, "waits", "wait")} for your decision
      </h2>
      <p>
        Uber may or may not have queued these. A code that is in use has reached its recipient: that
        is certain. A code that is not in use may have reached its recipient all the same.
      </p>
      <ReadUsage job={job} />
      {problem && <Fault explained={problem} />}
      {unknownBatchCount > 1 && (
        <div class="batch">
          <p>
            <b>All {count(unknownBatchCount, "batch", "batches")} at once</b>
          </p>
          <Choices batch="all" size={progress.unknown} onChoose={setQuestion} />
        </div>
      )}
      <ul>
        {shown.map((batch) => (
          <li key={batch.id} class="batch">
            <Story batch={batch} />
            <Choices batch={batch.id} size={batch.codes - batch.reported} onChoose={setQuestion} />
          </li>
        ))}
      </ul>
      {unknownBatches.length > FIRST && (
        <button
          type="button"
          class="link"
          aria-expanded={isWhole}
          onClick={() => setWhole(!isWhole)}
        >
          {isWhole
            ? `Show the first ${FIRST}`
            : `Show ${count(unknownBatches.length, "batch", "batches")}`}
        </button>
      )}
      {isWhole && unknownBatchCount > unknownBatches.length && (
        <p class="quiet">
          And {number(unknownBatchCount - unknownBatches.length)} more, once these are decided.
        </p>
      )}
      {question && (
        <Ask question={question} job={job} onAnswer={(isYes) => void answer(isYes, question)} />
      )}
    </section>
  );
}

/** What was tried, when, and what came back. */
function Story({ batch }: { batch: UnknownBatch }) {
  const { id, attempts, sentAt, error } = batch;
  return (
    <p>
      <b>Batch {number(id + 1)}</b>: {whatIsKnown(batch)}. {count(attempts, "request")} left
      {sentAt !== null && (
        <>
          , the last on <Moment ms={sentAt} />
        </>
      )}
      . What came back: {error ? `${error.message}.` : "nothing; the worker was interrupted."}{" "}
      <ErrorCode code={error?.code ?? "interrupted"} status={error?.status ?? null} />
    </p>
  );
}

/** `of these 500, 312 are in use (certain), 188 unknown` */
function whatIsKnown({ codes: size, used, reported }: UnknownBatch): string {
  // Those in use count as reported.
  const byWebhook = reported - used;
  return [
    `of ${verb(size, "this", "these")} ${number(size)}`,
    used === 0
      ? "none is known to be in use"
      : `${number(used)} ${verb(used, "is", "are")} in use (certain)`,
    ...(byWebhook > 0 ? [`${number(byWebhook)} reported by Uber`] : []),
    `${number(size - reported)} unknown`,
  ].join(", ");
}

function Choices({
  batch,
  size,
  onChoose,
}: {
  batch: number | "all";
  size: number;
  onChoose(question: Question): void;
}) {
  const all = batch === "all" ? "all " : "";
  return (
    <div class="choices">
      {(["resend", "queued", "abandon"] as const).map((decision) => (
        <div key={decision} class="choice">
          <button
            type="button"
            class="button button-small"
            onClick={() => onChoose({ batch, size, decision })}
          >
            {DECISIONS[decision].button(all + codes(size))}
          </button>
          <span class="quiet">{DECISIONS[decision].consequence}</span>
        </div>
      ))}
    </div>
  );
}

function Ask({
  question,
  job,
  onAnswer,
}: {
  question: Question;
  job: JobDetail;
  onAnswer(isYes: boolean): void;
}) {
  const { batch, decision } = question;
  const size = (batch === "all" ? "all " : "") + codes(question.size);
  const { question: ask, consequence, button } = DECISIONS[decision];
  const { pending } = job.progress;
  return (
    <Modal labelledBy="decide-title" describedBy="decide-text" onClose={() => onAnswer(false)}>
      <h2 id="decide-title">{ask(size)}</h2>
      <p id="decide-text">
        {consequence}
        {decision === "resend" &&
          pending > 0 &&
          job.status !== "running" &&
          ` Sending goes on: the ${codes(pending)} that ${verb(pending, "is", "are")} pending ${verb(pending, "leaves", "leave")} too.`}
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
