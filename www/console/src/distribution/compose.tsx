/** A list comes in, is read and checked and reviewed, and a job is made of it. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

import { announce } from "../announce.js";
import { type Explained, explainCreation } from "../explain.js";
import { bytes, codes, count, inSentence } from "../format.js";
import { useCheck } from "../lists/check.js";
import { type Draft, type Reader, useReader } from "../lists/reading.js";
import { navigate, paths } from "../router.js";
import { useConfig } from "../server/config.js";
import { lostSince } from "../server/connection.js";
import { createJob, createJobs } from "../server/jobs.js";
import { toWorkerError } from "../server/error.js";
import type { Config } from "../server/types.js";
import { useStore } from "../store.js";
import { Columns } from "./columns.js";
import { DropTarget, DropZone } from "./drop-zone.js";
import { ListCard } from "./list-card.js";
import { ProgramsOfFile } from "./programs-of-file.js";
import { RejectedRows } from "./rejected-rows.js";
import { NothingToReview, Review, UNDECIDED } from "./review.js";

interface Props {
  /** `null`: the file names the programs. */
  programId: string | null;
  /** Whose codes these are, in words. */
  whose: string;
  format: ComponentChildren;
  /** What stands below the drop zone. */
  more?(reader: Reader): ComponentChildren;
}

export function Compose({ programId, whose, format, more }: Props) {
  const reader = useReader(programId ?? "several");
  const { reading } = reader;
  const draft = reading.step === "read" ? reading.draft : null;
  const [round, setRound] = useState(0);
  const check = useCheck(programId, draft, round);
  const onBlob = (input: Blob, source: string) => void reader.read(input, source);
  return (
    <div class="columns">
      <div class="column-main">
        {reading.step === "empty" && (
          <DropZone
            whose={whose}
            format={format}
            fault={reading.fault}
            onBlob={onBlob}
            onRefuse={reader.refuse}
          >
            {more?.(reader)}
          </DropZone>
        )}
        {reading.step === "columns" && (
          <Columns
            {...reading}
            onChoose={(places) => void reader.choose(reading.file, places)}
            onClear={reader.clear}
          />
        )}
        {(reading.step === "reading" || reading.step === "read") && (
          <ListCard reading={reading} check={check} reader={reader} />
        )}
        {reading.step !== "empty" && (
          <DropTarget whose={whose} onBlob={onBlob} onRefuse={reader.refuse} />
        )}
        {draft?.programs && <ProgramsOfFile programs={draft.programs} check={check} />}
      </div>
      <div class="column-side">
        {draft === null ? (
          <NothingToReview />
        ) : (
          <Decide
            key={draft.readMs}
            programId={programId}
            whose={whose}
            draft={draft}
            check={check}
            onCheckAgain={() => setRound(round + 1)}
            onCreated={reader.clear}
          />
        )}
      </div>
      {draft && draft.rejectedCount > 0 && (
        <div class="column-rows">
          <RejectedRows key={draft.readMs} draft={draft} />
        </div>
      )}
    </div>
  );
}

function Decide({
  programId,
  whose,
  draft,
  check,
  onCheckAgain,
  onCreated,
}: {
  programId: string | null;
  whose: string;
  draft: Draft;
  check: ReturnType<typeof useCheck>;
  onCheckAgain(): void;
  onCreated(): void;
}) {
  const config = useConfig();
  const isLost = useStore(lostSince) !== null;
  const [decisions, setDecisions] = useState(UNDECIDED);
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<Explained | null>(null);

  // Another state of things asks for another decision: at once, or it would take back one that was made
  // right after the question appeared.
  const before = check.step === "checked" ? check.before.total : -1;
  useLayoutEffect(() => setDecisions((made) => ({ ...made, again: null })), [before]);

  // Guards against a second click before the first one is shown.
  const once = useRef(false);
  const distribute = async () => {
    if (once.current) return;
    once.current = true;
    setBusy(true);
    setFault(null);
    try {
      const order = { list: draft.input, source: draft.source, again: decisions.again };
      if (draft.programs === null && programId !== null) {
        const job = await createJob(programId, order);
        announce("The job is created.");
        onCreated();
        navigate(paths.job(programId, job.id));
      } else {
        const { jobs } = await createJobs(order);
        announce(`${count(jobs.length, "job")} created.`);
        onCreated();
        const [only] = jobs;
        navigate(jobs.length === 1 && only ? paths.job(only.programId, only.id) : paths.history);
      }
    } catch (error) {
      const problem = toWorkerError(error);
      const explained = explainCreation(problem);
      setFault(explained);
      announce(`${explained.what}. ${explained.meaning}`);
      // Somebody has sent some of these meanwhile.
      if (problem.code === "already_queued") onCheckAgain();
    }
    once.current = false;
    setBusy(false);
  };

  const { programs } = draft;
  return (
    <Review
      size={draft.valid}
      duplicates={draft.duplicates}
      rejected={draft.rejectedCount}
      check={check}
      where={
        <>
          in{" "}
          <bdi class="name-inline" title={whose}>
            {programs && programs.size !== 1 ? count(programs.size, "program") : inSentence(whose)}
          </bdi>
        </>
      }
      decisions={decisions}
      isBusy={isBusy}
      isPaused={config?.paused ?? false}
      obstacle={obstacleOf(draft, config, isLost)}
      fault={fault}
      onDecide={(made) => {
        setFault(null);
        setDecisions(made);
      }}
      onCheckAgain={onCheckAgain}
      onDistribute={() => void distribute()}
    />
  );
}

function obstacleOf({ input, valid }: Draft, config: Config | null, isLost: boolean): string {
  if (isLost) return "The worker can’t be reached. Nothing can be sent.";
  if (config === null) return "One moment.";
  if (valid > config.maxCodes) {
    return `The worker takes at most ${codes(config.maxCodes)} at a time. Split the list.`;
  }
  if (input.size > config.maxUploadBytes) {
    return `The worker takes at most ${bytes(config.maxUploadBytes)} at a time. Split the list.`;
  }
  return "";
}
