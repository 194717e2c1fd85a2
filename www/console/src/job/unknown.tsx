/** The unknown codes of a job, and the decisions about them. */
import { useState } from "preact/hooks";

import { announce } from "../announce.js";
import { explainAction, explainResume } from "../explain.js";
import { codes, number, verb } from "../format.js";
import { Fault, Hint, StateWord } from "../parts/small.js";
import { useAction } from "../parts/use-action.js";
import { decide, resumeJob } from "../server/jobs.js";
import type { JobDecision, JobDetail } from "../server/types.js";
import { SENTENCES } from "../words.js";
import { Batches } from "./batches.js";
import { Ask, DECISIONS, Decisions } from "./unknown-decisions.js";
import { hasUnknown, scopeOf } from "./scope.js";
import { SettlingNote } from "./settling.js";
import { ReadUsage } from "./usage.js";

interface Question {
  batch: number | "all";
  decision: JobDecision;
}

export function Unknown({ job }: { job: JobDetail }) {
  const [chosen, setChosen] = useState<number | "all">("all");
  const [asked, setAsked] = useState<Question | null>(null);
  const [isDecided, setDecided] = useState(false);
  const { isBusy, problem, act } = useAction();
  const fault = problem && (
    <Fault explained={isDecided ? explainResume(problem) : explainAction(problem, "decision")} />
  );
  // Shows that resuming the job has failed, even if nothing is unknown any more.
  if (!hasUnknown(job)) return fault;
  const { settling } = job;
  const { unknown } = job.progress;
  const scope = scopeOf(job, chosen);

  // Reports may settle the batch while the question is open: no other batch takes its place.
  const question = asked !== null && asked.batch === scope.batch ? asked : null;

  const result = (reason: string | null, { batch, decision }: Question) => {
    setAsked(null);
    if (reason === null) return;
    act(async () => {
      setDecided(false);
      await decide(job.programId, job.id, batch, decision, reason);
      announce(`Decided: ${DECISIONS[decision].button(codes(scope.size))}.`);
      setDecided(true);
      if (decision === "resend") await resumeJob(job.programId, job.id);
    });
  };
  return (
    <section class="card unknown" aria-labelledby="unknown-title">
      <h2 id="unknown-title">
        <Hint text={SENTENCES.unknown}>
          <StateWord state="unknown" title="" />
        </Hint>{" "}
        {codes(unknown)} {verb(unknown, "waits", "wait")} for{" "}
        {settling === null || settling.isOpen
          ? "your decision"
          : "Uber’s reports, then for your decision"}
      </h2>
      <p>
        Uber may or may not have queued these. A code that is in use has reached its recipient: that
        is certain. A code that is not in use may still have reached its recipient.
      </p>
      <SettlingNote job={job} />
      <ReadUsage job={job} />
      {fault}
      <p class="scope">
        <b>
          {scope.batch === "all"
            ? `All ${codes(scope.size)} that are unknown`
            : `Batch ${number(scope.batch + 1)}: ${codes(scope.size)}`}
        </b>
        {scope.batch !== "all" && (
          <button type="button" class="link" onClick={() => setChosen("all")}>
            Decide about all batches instead
          </button>
        )}
      </p>
      {(scope.used ?? 0) > 0 && (
        <p>
          Besides these, {number(scope.used ?? 0)} of the same requests{" "}
          {verb(scope.used ?? 0, "is", "are")} known to be in use:{" "}
          {verb(scope.used ?? 0, "it is", "these are")} left out, whatever you decide.
        </p>
      )}
      <Decisions
        scope={scope}
        settling={job.settling}
        isBusy={isBusy}
        onChoose={(decision) => setAsked({ batch: scope.batch, decision })}
      />
      <Batches job={job} chosen={scope.batch} onChoose={setChosen} />
      {question && (
        <Ask
          decision={question.decision}
          scope={scope}
          job={job}
          onAnswer={(reason) => result(reason, question)}
        />
      )}
    </section>
  );
}
