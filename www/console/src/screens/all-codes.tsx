/**
 * Distributes every code of a program at once. It is separate from everything else, and takes more
 * than one click.
 */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { announce } from "../announce.js";
import { CHANGED, UNDECIDED, leavingOf } from "../distribution/list-decisions.js";
import {
  rememberSendingOptions,
  startOf,
  lastSendingOptions,
} from "../distribution/sending-options.js";
import { SendingOptionsForm } from "../distribution/sending-options-form.js";
import { useDecidedOn } from "../distribution/decided-on.js";
import { useLostRequest } from "../distribution/lost-order.js";
import { useGuestsOfList } from "../distribution/guests-of-list.js";
import { Review } from "../distribution/review.js";
import { type CodesByProgram, WithoutGuest } from "../distribution/without-guest.js";
import { type Explained, explainCreation } from "../explain.js";
import { codes, inSentence, number, verb } from "../format.js";
import { useCheckOfAll } from "../lists/check.js";
import { stashList } from "../lists/list-transfer.js";
import { Crumbs } from "../parts/crumbs.js";
import { Callout } from "../parts/small.js";
import { Link, navigate, paths } from "../router.js";
import { useConfig } from "../server/config.js";
import { offlineSince } from "../server/connection.js";
import { createJob } from "../server/jobs.js";
import { beginWindow } from "../server/start-window.js";
import type { Config } from "../server/types.js";
import { toWorkerError } from "../server/error.js";
import { forEachCode, selectCodes } from "../server/program-codes.js";
import { useCodeSummary, useProgram } from "../server/programs.js";
import { useStore } from "../store.js";

export function AllCodes({ programId }: { programId: string }) {
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
        <Callout tone="note" title="This worker does not distribute every code of a program">
          <p>
            <Link to={paths.program(programId)}>Select the codes</Link> instead, or ask the person
            who runs it to set <code>allowDistributeAll</code>.
          </p>
        </Callout>
      ) : (
        config && <Ask programId={programId} name={name} config={config} />
      )}
    </div>
  );
}

function Ask({ programId, name, config }: { programId: string; name: string; config: Config }) {
  const [how, setHow] = useState(lastSendingOptions);
  const seconds = config.startDelaySeconds;
  const summary = useCodeSummary(programId).value;
  const isLost = useStore(offlineSince) !== null;
  const [round, setRound] = useState(0);
  const check = useCheckOfAll(programId, true, round);
  const [typed, setTyped] = useState("");
  const [decisions, setDecisions] = useState(UNDECIDED);
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<Explained | null>(null);
  const { total } = check;
  const size = total ?? summary?.total ?? 0;
  const leaving = leavingOf({ size, check, decisions });
  const needsApproval = config.approval !== null && leaving > config.approval.above;

  const digest = useDecidedOn(check, decisions, setDecisions);
  const guests = useGuestsOfList(check);
  const list = useCallback<CodesByProgram>(
    async (signal) => {
      const pieces = await selectCodes(programId, { filter: "not-canceled" }, { signal });
      const found = new Set<string>();
      await forEachCode(pieces, (code) => found.add(code), signal);
      return new Map([[programId, found]]);
    },
    [programId],
  );

  const lost = useLostRequest(() => {
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
      rememberSendingOptions(how);
      const job = await createJob(programId, {
        list: "everybody",
        source: "Everybody",
        again,
        isUnchecked,
        reviewed: digest,
        start,
        pauseAfter: null,
      });
      beginWindow([job], start, seconds);
      announce("The job is created.");
      navigate(paths.job(programId, job.id));
    } catch (error) {
      const problem = toWorkerError(error);
      setFault(explainCreation(problem));
      lost.note(problem);
      if (CHANGED.has(problem.code)) setRound(round + 1);
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
        <WithoutGuest
          programId={programId}
          list={list}
          size={size}
          guests={guests}
          check={check}
          again={decisions.again}
          round={round}
          onContinue={(rest) => {
            stashList(programId, { input: rest, source: "Everybody who is a guest" });
            navigate(paths.new(programId));
          }}
        />
        <SendingOptionsForm
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
