/** Everybody: every code of a program at once. Apart from all else, and never by one click. */
import { useEffect, useRef, useState } from "preact/hooks";

import { announce } from "../announce.js";
import { UNDECIDED, leavingOf } from "../distribution/decisions.js";
import { noteHow, startOf, usualHow } from "../distribution/how.js";
import { HowItLeaves } from "../distribution/how-it-leaves.js";
import { useLostOrder } from "../distribution/lost-order.js";
import { Review } from "../distribution/review.js";
import { type Explained, explainCreation } from "../explain.js";
import { codes, inSentence, number, verb } from "../format.js";
import { useCheckOfAll } from "../lists/check.js";
import { Crumbs } from "../parts/crumbs.js";
import { Callout } from "../parts/small.js";
import { Link, navigate, paths } from "../router.js";
import { useConfig } from "../server/config.js";
import { lostSince } from "../server/connection.js";
import { createJob } from "../server/jobs.js";
import { beginWindow } from "../server/start-window.js";
import type { Config } from "../server/types.js";
import { toWorkerError } from "../server/error.js";
import { useCodeSummary, useProgram } from "../server/programs.js";
import { useStore } from "../store.js";

export function Everybody({ programId }: { programId: string }) {
  const { name } = useProgram(programId);
  const config = useConfig();
  useEffect(() => {
    document.title = `Everybody · ${name} · Vouchers`;
  }, [name]);
  return (
    <div class="page page-narrow">
      <Crumbs program={[programId, name]}>Everybody</Crumbs>
      <div class="page-head">
        <div>
          <h1>Distribute to everybody</h1>
          <p class="lead">
            Every code of <bdi>{name}</bdi> that is not cancelled.
          </p>
        </div>
      </div>
      {config?.allowDistributeAll === false ? (
        <Callout tone="note" title="This worker does not distribute to everybody">
          <p>
            <Link to={paths.program(programId)}>Select the codes</Link> instead, or ask whoever runs
            it to set <code>allowDistributeAll</code>.
          </p>
        </Callout>
      ) : (
        config && <Ask programId={programId} name={name} config={config} />
      )}
    </div>
  );
}

function Ask({ programId, name, config }: { programId: string; name: string; config: Config }) {
  const [how, setHow] = useState(usualHow);
  const seconds = config.startDelaySeconds;
  const summary = useCodeSummary(programId).value;
  const isLost = useStore(lostSince) !== null;
  const [round, setRound] = useState(0);
  const check = useCheckOfAll(programId, true, round);
  const [typed, setTyped] = useState("");
  const [decisions, setDecisions] = useState(UNDECIDED);
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<Explained | null>(null);
  const { total } = check;
  const size = total ?? summary?.total ?? 0;
  const leaving = leavingOf({ size, rejected: 0, check, decisions, obstacle: "" });
  const needsApproval = config.approval !== null && leaving > config.approval.above;

  const lost = useLostOrder(() => {
    setDecisions((made) => ({ ...made, again: null }));
    setRound(round + 1);
  });
  const once = useRef(false);

  const distribute = async () => {
    if (once.current) return;
    once.current = true;
    setBusy(true);
    setFault(null);
    try {
      const { again, isUnchecked } = decisions;
      const start = startOf(needsApproval ? { ...how, isKept: true } : how, seconds);
      noteHow(how);
      const job = await createJob(programId, {
        list: "everybody",
        source: "Everybody",
        again,
        isUnchecked,
        start,
        pauseAfter: null,
      });
      if (start === "paused") beginWindow(job, seconds);
      announce("The job is created.");
      navigate(paths.job(programId, job.id));
    } catch (error) {
      const problem = toWorkerError(error);
      setFault(explainCreation(problem));
      lost.note(problem);
      if (problem.code === "already_queued") setRound(round + 1);
    }
    once.current = false;
    setBusy(false);
  };

  if (total === null && check.step !== "failed") {
    return (
      <p class="quiet" role="status">
        Counting the codes of the program.
      </p>
    );
  }
  const isTyped = typed.trim().normalize() === name.trim().normalize();
  return (
    <>
      {summary && (
        <p class="everybody-count">
          The program has <b>{codes(summary.total)}</b>
          {summary.canceled > 0 &&
            `; ${number(summary.canceled)} of them ${verb(summary.canceled, "is", "are")} cancelled and left out`}
          .
        </p>
      )}
      <Review
        size={size}
        duplicates={0}
        rejected={0}
        check={check}
        where={
          <>
            in{" "}
            <bdi class="name-inline" title={name}>
              {inSentence(name)}
            </bdi>
          </>
        }
        decisions={decisions}
        isBusy={isBusy}
        isPaused={config.paused}
        isConfirmed
        obstacle={
          isLost
            ? "The worker can’t be reached. Nothing can be sent."
            : isTyped
              ? ""
              : "First type the name of the program."
        }
        fault={fault}
        onDecide={(made) => {
          setFault(null);
          setDecisions(made);
          lost.change();
        }}
        onCheckAgain={() => setRound(round + 1)}
        onDistribute={() => void distribute()}
      >
        <div class="typed">
          <label for="typed">
            To confirm, type the program’s name: <bdi>{name}</bdi>
          </label>
          <input
            id="typed"
            value={typed}
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </div>
        <HowItLeaves
          how={how}
          seconds={needsApproval ? 0 : seconds}
          onChange={(chosen) => {
            setFault(null);
            setHow(chosen);
            lost.change();
          }}
        />
      </Review>
    </>
  );
}
