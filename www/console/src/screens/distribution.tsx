/** One distribution: how far it is, what waits for a decision, and each code. */
import { useEffect, useState } from "preact/hooks";

import { draftOf, keepDraft } from "../drafts.js";
import type { Explained } from "../explain.js";
import { codes, count, number } from "../format.js";
import { Bar, Figures } from "../job/figures.js";
import { Results } from "../job/results.js";
import { Unknown } from "../job/unknown.js";
import { useJob, useProgress } from "../job/watch.js";
import { type Live, decide, run, stateOf } from "../jobs.js";
import { Modal } from "../parts/modal.js";
import { Copy, ErrorCode, Moment, StatePill } from "../parts/small.js";
import { useProgram } from "../program.js";
import { Link, paths } from "../router.js";
import { type Send, readSend, sendsChanged } from "../sends.js";
import { useStore } from "../store.js";

export function Distribution({ programId, sendId }: { programId: string; sendId: string }) {
  const { name } = useProgram(programId);
  const changes = useStore(sendsChanged);
  const [send, setSend] = useState<Send | null>(null);
  useEffect(() => {
    let isCurrent = true;
    void readSend(sendId).then((found) => isCurrent && setSend(found));
    return () => {
      isCurrent = false;
    };
  }, [sendId, changes]);
  const shownName = send?.programName ?? name;
  const { live, error, tryAgain } = useJob(sendId);
  useEffect(() => {
    document.title = `Distribution · ${shownName} · Vouchers`;
  }, [shownName]);
  // A list that is with a job is not offered again.
  useEffect(() => {
    if (live && draftOf(programId)) keepDraft(programId, null);
  }, [live, programId]);

  return (
    <div class="page page-narrow">
      <nav class="crumbs" aria-label="You are here">
        <Link to={paths.programs()}>Programs</Link>
        <span aria-hidden="true">/</span>
        <Link to={paths.new(programId)}>{shownName}</Link>
        <span aria-hidden="true">/</span>
        <span>Distribution</span>
      </nav>
      {live ? (
        <JobView live={live} send={send} programName={shownName} />
      ) : error ? (
        <Closed error={error} send={send} onTry={tryAgain} />
      ) : (
        <section class="card outcome" aria-busy="true">
          <p class="quiet">Reading what this browser has written down…</p>
        </section>
      )}
    </div>
  );
}

/** It can't be opened here, or not now. */
function Closed({ error, send, onTry }: { error: Explained; send: Send | null; onTry(): void }) {
  return (
    <>
      <section class="card outcome" role="alert">
        <h1>{error.message}</h1>
        <p class="lead">{error.hint}</p>
        <p>
          <ErrorCode code={error.code} status={error.status} />
        </p>
        <div class="outcome-actions">
          <button type="button" class="button" onClick={onTry}>
            Try again
          </button>
        </div>
      </section>
      {send?.progress && (
        <section class="card outcome">
          <h2>As it was last written down</h2>
          <Bar progress={send.progress} />
          <Figures progress={send.progress} />
        </section>
      )}
    </>
  );
}

function JobView({
  live,
  send,
  programName,
}: {
  live: Live;
  send: Send | null;
  programName: string;
}) {
  const progress = useProgress(live);
  const isRunning = useStore(live.isRunning);
  const error = useStore(live.error);
  const { total, pending, sending, unknown, requests, retries, startedAt, etaMs } = progress;
  const isOver = pending + sending + unknown === 0;
  return (
    <>
      <Unknown live={live} progress={progress} />
      {error && (
        <section class="card outcome outcome-rejected" role="alert">
          <h2>{error.message}</h2>
          <p>{error.hint}</p>
          <p class="quiet">
            Sending has stopped. {codes(pending)} {pending === 1 ? "is" : "are"} pending: not sent
            yet.
          </p>
          <ErrorCode code={error.code} status={error.status} />
          <ForSupport headers={error.headers} />
        </section>
      )}
      <section class="card outcome" aria-busy={isRunning}>
        <StatePill state={stateOf(progress)} />
        <h1>
          {codes(total)} in {programName}
        </h1>
        <p class="lead" aria-hidden={isRunning}>
          {isRunning
            ? etaMs === null
              ? "Sending. Keep this page open."
              : `Sending. ${left(etaMs)} left. Keep this page open.`
            : isOver
              ? "Nothing is left to send."
              : pending > 0
                ? `Paused. ${codes(pending)} pending.`
                : "Nothing more is sent until you decide."}
        </p>
        <Bar progress={progress} />
        <Actions live={live} isRunning={isRunning} pending={pending} />
        <Figures progress={progress} />
        <dl class="details">
          <div>
            <dt>Began</dt>
            <dd>
              <Moment ms={startedAt} />
            </dd>
          </div>
          <div>
            <dt>Requests</dt>
            <dd>
              {number(requests)}
              {retries > 0 &&
                `, of which ${number(retries)} repeated one that queued nothing, or that you had sent again`}
            </dd>
          </div>
          {send && (
            <div>
              <dt>List</dt>
              <dd>
                {send.source}; {count(send.duplicates, "duplicate")} dropped,{" "}
                {count(send.rejectedLeftOut, "rejected row")} left out
              </dd>
            </div>
          )}
        </dl>
        <p class="foot evidence">
          Queued rests on Uber’s answer to the request. Whether a message reached its recipient
          comes later, from Uber’s webhook, and may be partial.
        </p>
      </section>
      <Results live={live} progress={progress} />
    </>
  );
}

/** What Uber's support finds a request by. */
function ForSupport({ headers }: { headers: Record<string, string> }) {
  const fields = Object.entries(headers);
  if (fields.length === 0) return null;
  return (
    <dl class="details">
      {fields.map(([name, value]) => (
        <div key={name}>
          <dt>
            <code>{name}</code>
          </dt>
          <dd>
            <code>{value}</code> <Copy text={`${name}: ${value}`} label={`Copy ${name}`} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Actions({
  live,
  isRunning,
  pending,
}: {
  live: Live;
  isRunning: boolean;
  pending: number;
}) {
  const [isAsking, setAsking] = useState(false);
  const cancel = () => {
    const batches = live.job.batches().filter(({ state }) => state === "pending");
    void decide(
      live,
      batches.map(({ id }) => id),
      "abandon",
    );
  };
  return (
    <div class="outcome-actions">
      {isRunning ? (
        <button type="button" class="button" onClick={() => live.pause()}>
          Pause
        </button>
      ) : (
        pending > 0 && (
          <button type="button" class="button button-strong" onClick={() => void run(live)}>
            Resume: distribute {codes(pending)}
          </button>
        )
      )}
      {!isRunning && pending > 0 && (
        <button type="button" class="button" onClick={() => setAsking(true)}>
          Cancel {codes(pending)}
        </button>
      )}
      {isAsking && (
        <Modal labelledBy="cancel-title" describedBy="cancel-text" onClose={() => setAsking(false)}>
          <h2 id="cancel-title">Cancel {codes(pending)}?</h2>
          <p id="cancel-text">They are abandoned, and never sent. What was sent stays sent.</p>
          <div class="dialog-actions">
            <button type="button" class="button" onClick={() => setAsking(false)}>
              Keep them
            </button>
            <button
              type="button"
              class="button button-strong"
              onClick={() => {
                setAsking(false);
                cancel();
              }}
            >
              Cancel {codes(pending)}
            </button>
          </div>
        </Modal>
      )}
    </div>
  );
}

/** `about 3 minutes`, from a second on. */
function left(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes >= 90) return `About ${count(Math.round(minutes / 60), "hour")}`;
  if (minutes >= 1) return `About ${count(minutes, "minute")}`;
  return `About ${count(Math.max(1, Math.round(ms / 1_000)), "second")}`;
}
