/** One distribution: under way, accepted, refused, or not known. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

import { useNow } from "../clock.js";
import { awaitSend } from "../distributing.js";
import { draftOf, keepDraft } from "../drafts.js";
import type { Explained } from "../explain.js";
import { codes, count, number } from "../format.js";
import { Callout, Copy, ErrorCode, Moment, StatePill } from "../parts/small.js";
import { useProgram } from "../program.js";
import { Link, paths } from "../router.js";
import { type Send, readSend, sendsChanged } from "../sends.js";
import { useStore } from "../store.js";
import { SENTENCES } from "../words.js";

export function Distribution({ programId, sendId }: { programId: string; sendId: string }) {
  const { name } = useProgram(programId);
  const changes = useStore(sendsChanged);
  const [send, setSend] = useState<Send | null | "unread">("unread");
  useEffect(() => {
    let isCurrent = true;
    void readSend(sendId).then((found) => isCurrent && setSend(found));
    return () => {
      isCurrent = false;
    };
  }, [sendId, changes]);

  const state = send === "unread" ? undefined : send?.state;
  useEffect(() => {
    if (state === "sending") void awaitSend(sendId);
    // A list that may be with Uber is not offered again.
    if (state === "queued" || state === "unknown") keepDraft(programId, null);
  }, [state, sendId, programId]);
  const shownName = (send !== "unread" && send?.programName) || name;
  useEffect(() => {
    document.title = `Distribution · ${shownName} · Vouchers`;
  }, [shownName]);

  if (send === "unread") return <div class="page page-narrow" aria-busy="true" />;
  return (
    <div class="page page-narrow">
      <nav class="crumbs" aria-label="You are here">
        <Link to={paths.programs()}>Programs</Link>
        <span aria-hidden="true">/</span>
        <Link to={paths.new(programId)}>{shownName}</Link>
        <span aria-hidden="true">/</span>
        <span>Distribution</span>
      </nav>
      {send === null ? (
        <div class="card blank">
          <p class="blank-title">This browser knows no such distribution</p>
          <p>What was sent is remembered in the browser that sent it.</p>
          <Link to={paths.new(programId)} class="button">
            To the program
          </Link>
        </div>
      ) : (
        <Outcome send={send} programName={shownName} />
      )}
    </div>
  );
}

function Outcome({ send, programName }: { send: Send; programName: string }) {
  if (send.state === "sending") return <UnderWay send={send} programName={programName} />;
  if (send.state === "queued") return <Queued send={send} programName={programName} />;
  return send.error && <Failed send={send} error={send.error} programName={programName} />;
}

function UnderWay({ send, programName }: { send: Send; programName: string }) {
  const now = useNow(1_000);
  return (
    <section class="card outcome" aria-busy="true">
      <StatePill state="sending" />
      <h1>Distributing {codes(send.codes)}</h1>
      <p class="lead">
        In {programName}. Keep this page open until Uber has answered. A few seconds are usual.
      </p>
      <progress aria-label="Waiting for Uber’s answer" />
      <p class="quiet">{count(Math.max(0, Math.round((now - send.startedAt) / 1000)), "second")}</p>
    </section>
  );
}

function Queued({ send, programName }: { send: Send; programName: string }) {
  const { receipt } = send;
  const support = Object.entries(receipt?.headers ?? {});
  return (
    <>
      <section class="card outcome outcome-queued">
        <StatePill state="queued" />
        <h1>{codes(send.codes)} queued</h1>
        <p class="lead">{SENTENCES.queued}</p>
        <Details>
          <Detail name="Program">{programName}</Detail>
          <Detail name="Accepted at">
            <Moment ms={receipt?.queuedAt ?? send.endedAt ?? send.startedAt} />
          </Detail>
          <Detail name="List">{send.source}</Detail>
          <Detail name="Duplicates dropped">{number(send.duplicates)}</Detail>
          <Detail name="Rejected rows left out">{number(send.rejectedLeftOut)}</Detail>
          <Detail name="Attempts">
            {receipt?.attempts === 1
              ? "1"
              : `${number(receipt?.attempts ?? 1)}; the earlier ones queued nothing`}
          </Detail>
          <Detail name="Answer">HTTP {receipt?.status}</Detail>
          {support.map(([header, value]) => (
            <Detail key={header} name={<code>{header}</code>}>
              <code>{value}</code>
              <Copy text={`${header}: ${value}`} label={`Copy ${header}`} />
            </Detail>
          ))}
        </Details>
        {support.length > 0 && (
          <p class="foot">Uber’s support can find this call by the x-uber values.</p>
        )}
      </section>
      <Evidence>
        The number rests on Uber’s answer to the call. Whether a message reached its recipient comes
        later, from Uber’s webhook, and may be partial.
      </Evidence>
      <div class="outcome-actions">
        <Link to={paths.programs()} class="button">
          Back to the programs
        </Link>
        <Link to={paths.new(send.programId)} class="button">
          Another list for this program
        </Link>
      </div>
    </>
  );
}

function Failed({
  send,
  error,
  programName,
}: {
  send: Send;
  error: Explained;
  programName: string;
}) {
  const isUnknown = error.state === "unknown";
  const hasList = draftOf(send.programId) !== null;
  return (
    <>
      <section class={`card outcome outcome-${error.state}`} role="alert">
        <StatePill state={error.state} />
        <h1>{isUnknown ? `Unknown: ${codes(send.codes)}` : "Nothing was queued"}</h1>
        <p class="lead">
          {isUnknown ? (
            <>
              Uber may or may not have queued these.{" "}
              <b>Do not send again before you have looked.</b>
            </>
          ) : error.state === "rejected" ? (
            `Uber refused the request with ${codes(send.codes)}.`
          ) : (
            `The request with ${codes(send.codes)} never left for Uber.`
          )}
        </p>
        <dl class="story">
          <div>
            <dt>What happened</dt>
            <dd>{error.message}.</dd>
          </div>
          <div>
            <dt>What to do</dt>
            <dd>{error.hint}</dd>
          </div>
        </dl>
        <Details>
          <Detail name="Program">{programName}</Detail>
          <Detail name="Began">
            <Moment ms={send.startedAt} />
          </Detail>
          {send.endedAt !== null && (
            <Detail name="Ended">
              <Moment ms={send.endedAt} />
            </Detail>
          )}
          <Detail name="List">
            {send.source}, {count(send.codes, "code")}
          </Detail>
          {Object.entries(error.headers).map(([header, value]) => (
            <Detail key={header} name={<code>{header}</code>}>
              <code>{value}</code>
              <Copy text={`${header}: ${value}`} label={`Copy ${header}`} />
            </Detail>
          ))}
          <Detail name="Code of the error">
            <ErrorCode code={error.code} status={error.status} />
          </Detail>
        </Details>
      </section>
      {isUnknown && (
        <Callout tone="note">
          <p>
            This browser remembers these codes. If you distribute one of them again, it asks you to
            decide about it first.
          </p>
        </Callout>
      )}
      <div class="outcome-actions">
        <Link to={paths.programs()} class="button">
          Back to the programs
        </Link>
        {!isUnknown && (
          <Link to={paths.new(send.programId)} class="button">
            {hasList ? "Back to the list" : "To the program"}
          </Link>
        )}
      </div>
    </>
  );
}

function Evidence({ children }: { children: ComponentChildren }) {
  return <p class="foot evidence">{children}</p>;
}

function Details({ children }: { children: ComponentChildren }) {
  return <dl class="details">{children}</dl>;
}

function Detail({ name, children }: { name: ComponentChildren; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
