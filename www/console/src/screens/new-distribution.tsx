/** A new distribution: a list comes in, is read and reviewed, and leaves. */
import { useEffect, useRef, useState } from "preact/hooks";

import { announce } from "../announce.js";
import { config as configStore, listCodes, loadSummaries, sampleUrl, summaries } from "../api.js";
import { lostSince } from "../connection.js";
import type { Draft } from "../drafts.js";
import { explainReading } from "../explain.js";
import { codes, dates } from "../format.js";
import { distribute } from "../jobs.js";
import { Confirm } from "../parts/confirm.js";
import { DropTarget, DropZone } from "../parts/drop-zone.js";
import { Earlier } from "../parts/earlier.js";
import { ListCard } from "../parts/list-card.js";
import { RejectedRows } from "../parts/rejected-rows.js";
import { type Decisions, Review } from "../parts/review.js";
import { Callout, ProgramStatus } from "../parts/small.js";
import { useProgram } from "../program.js";
import { type Reader, useReader } from "../reading.js";
import { noteProgram } from "../recent.js";
import { Link, navigate, paths } from "../router.js";
import { type Repeats, findRepeats, sendsChanged } from "../sends.js";
import { useStore } from "../store.js";

const UNDECIDED: Decisions = { leaveOutRejected: false, sendAgain: false };

export function NewDistribution({ programId }: { programId: string }) {
  const { value: config } = useStore(configStore);
  const { program, name, isMissing, isLoading } = useProgram(programId);
  const reader = useReader(programId);
  const { reading } = reader;
  const draft = reading.step === "read" ? reading.draft : null;

  useEffect(() => {
    document.title = `New distribution · ${name} · Vouchers`;
  }, [name]);
  useEffect(() => {
    if (config) noteProgram(config.organizationId, programId);
  }, [config, programId]);

  return (
    <div class="page">
      <nav class="crumbs" aria-label="You are here">
        <Link to={paths.programs()}>Programs</Link>
        <span aria-hidden="true">/</span>
        <span>New distribution</span>
      </nav>
      <div class="page-head">
        <div>
          <h1>{isLoading ? <span class="bone bone-title" /> : name}</h1>
          <Facts programId={programId} />
        </div>
      </div>
      {isMissing && (
        <Callout tone="unknown" title="This program is not among those of your organization">
          <p>
            Uber will probably refuse a list for it.{" "}
            <Link to={paths.programs()}>Choose another</Link>.
          </p>
        </Callout>
      )}
      {(program?.status === "CANCELED" || program?.status === "COMPLETE") && (
        <Callout tone="note" title={`This program is ${program.status.toLowerCase()}`}>
          <p>It is not known what Uber does with codes of such a program.</p>
        </Callout>
      )}
      <div class="columns">
        <div class="column-main">
          {reading.step === "empty" ? (
            <DropZone
              programName={name}
              fault={reading.fault}
              onBlob={reader.read}
              onRefuse={reader.refuse}
            >
              {config?.environment === "sandbox" && <Try programId={programId} reader={reader} />}
            </DropZone>
          ) : (
            <>
              <ListCard reading={reading} onClear={reader.clear} />
              <DropTarget programName={name} onBlob={reader.read} onRefuse={reader.refuse} />
            </>
          )}
          {draft && draft.list.rejectedCount > 0 && (
            <RejectedRows list={draft.list} source={draft.source} />
          )}
        </div>
        <div class="column-side">
          <Decide key={draft?.source} programId={programId} draft={draft} />
        </div>
        <div class="column-main column-after">
          {config && <Earlier organizationId={config.organizationId} programId={programId} />}
        </div>
      </div>
    </div>
  );
}

function Facts({ programId }: { programId: string }) {
  const { program } = useProgram(programId);
  const summary = useStore(summaries).get(programId)?.value;
  useEffect(() => loadSummaries([programId]), [programId]);
  if (program === null) return <p class="facts">&nbsp;</p>;
  return (
    <p class="facts">
      <ProgramStatus status={program.status} />
      <span>{dates(program.startsAt, program.endsAt)}</span>
      {summary && <span>{codes(summary.codes)} in the program</span>}
    </p>
  );
}

/** With the sandbox behind: lists that can be tried at once. */
function Try({ programId, reader }: { programId: string; reader: Reader }) {
  const use = async () => {
    try {
      const found = await listCodes(programId);
      await reader.read(
        new Blob([found.map(({ codeId }) => codeId).join("\n")]),
        "This program’s codes",
      );
    } catch (error) {
      const { message, hint } = explainReading(error);
      reader.refuse(`${message}. ${hint}`);
    }
  };
  return (
    <p class="try">
      To try it in the sandbox:{" "}
      <button type="button" class="link" onClick={() => void use()}>
        read this program’s codes
      </button>
      , or download them as a <a href={sampleUrl(programId, false)}>CSV</a>, also{" "}
      <a href={sampleUrl(programId, true)}>with mistakes</a>.
    </p>
  );
}

/** Reviews the list, asks, and sends. */
function Decide({ programId, draft }: { programId: string; draft: Draft | null }) {
  const { value: config } = useStore(configStore);
  const { program, name } = useProgram(programId);
  const lost = useStore(lostSince);
  const [decisions, setDecisions] = useState(UNDECIDED);
  const [isAsking, setAsking] = useState(false);
  const [isStarting, setStarting] = useState(false);
  const [refusal, setRefusal] = useState("");
  const repeats = useRepeats(draft);
  const list = draft?.list ?? null;

  // Another list, or another state of things, asks for another decision.
  const repeated = repeats === "unread" ? -1 : repeats ? repeats.queued + repeats.unknown : 0;
  useEffect(() => setDecisions(UNDECIDED), [list]);
  useEffect(() => setDecisions((made) => ({ ...made, sendAgain: false })), [repeated]);

  // Guards against a second click before the first one is shown.
  const once = useRef(false);
  const start = async () => {
    if (once.current || !config || !draft || repeats === "unread") return;
    once.current = true;
    setStarting(true);
    setRefusal("");
    try {
      const started = await distribute({
        config,
        programId,
        program,
        list: draft.list.valid(),
        source: draft.source,
        rejectedLeftOut: draft.list.rejectedCount,
        repeatsAccepted: Math.max(repeated, 0),
      });
      if ("sendId" in started) {
        navigate(paths.distribution(programId, started.sendId));
        return;
      }
      const why = REFUSALS[started.refused];
      setRefusal(why);
      announce(why);
    } catch (error) {
      const { message, code } = explainReading(error);
      setRefusal(`This browser could not begin: ${message} (${code}). Nothing was sent.`);
    }
    once.current = false;
    setStarting(false);
  };

  const obstacle =
    lost !== null
      ? "The worker can’t be reached. Nothing can be sent."
      : config === null || repeats === "unread"
        ? "One moment."
        : refusal;
  return (
    <>
      <Review
        list={list}
        programName={name}
        repeats={repeats === "unread" ? null : repeats}
        decisions={decisions}
        isBusy={isStarting}
        obstacle={obstacle}
        onDecide={(made) => {
          setRefusal("");
          setDecisions(made);
        }}
        onDistribute={() => setAsking(true)}
      />
      {isAsking && list && config && (
        <Confirm
          size={list.size}
          programName={name}
          isSandbox={config.environment === "sandbox"}
          again={Math.max(repeated, 0)}
          onAnswer={(isYes) => {
            setAsking(false);
            if (isYes) void start();
          }}
        />
      )}
    </>
  );
}

const REFUSALS = {
  busy: "Another tab is beginning a distribution in this program. Nothing was sent from here.",
  repeats: "Another tab has sent some of these codes meanwhile. Nothing was sent from here.",
};

/** What left this browser before, of the codes of a list. */
function useRepeats(draft: Draft | null): Repeats | null | "unread" {
  const { value: config } = useStore(configStore);
  const changes = useStore(sendsChanged);
  const [repeats, setRepeats] = useState<Repeats | null | "unread">("unread");
  useEffect(() => {
    let isCurrent = true;
    if (draft === null || config === null) {
      setRepeats(draft === null ? null : "unread");
    } else {
      const { list } = draft;
      void findRepeats(config.organizationId, list, list.size)
        .catch(() => null)
        .then((found) => isCurrent && setRepeats(found));
    }
    return () => {
      isCurrent = false;
    };
  }, [draft, config, changes]);
  return repeats;
}
