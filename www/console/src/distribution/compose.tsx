/** A list comes in, is read and checked and reviewed, and a job is made of it. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

import { announce } from "../announce.js";
import { type Explained, explainCreation } from "../explain.js";
import { bytes, codes, count, inSentence } from "../format.js";
import { type Check, useCheck } from "../lists/check.js";
import { withoutForeign } from "../lists/foreign.js";
import { type Draft, type Reader, useReader } from "../lists/reading.js";
import { navigate, paths } from "../router.js";
import { useConfig } from "../server/config.js";
import { lostSince } from "../server/connection.js";
import { type Again, type Start, createJob, createJobs } from "../server/jobs.js";
import { beginWindow } from "../server/start-window.js";
import { toWorkerError } from "../server/error.js";
import type { Config, JobSummary } from "../server/types.js";
import { useStore } from "../store.js";
import { CompareWithJob } from "./compare-with-job.js";
import { Columns } from "./columns.js";
import { DropTarget, DropZone } from "./drop-zone.js";
import { leavingOf, UNDECIDED } from "./decisions.js";
import { ForeignCodes } from "./foreign-codes.js";
import { leavesNow, obstacleOfFirst, useFirstCode } from "./first-code.js";
import { noteHow, startOf, usualHow, withFirst } from "./how.js";
import { Cost } from "./cost.js";
import { HowItLeaves } from "./how-it-leaves.js";
import { useLostOrder } from "./lost-order.js";
import { ListCard } from "./list-card.js";
import { OneFirst } from "./one-first.js";
import { PeopleRows } from "./people-rows.js";
import { ProgramsOfFile } from "./programs-of-file.js";
import { RejectedRows } from "./rejected-rows.js";
import { NothingToReview, Review } from "./review.js";
import { WithoutGuest } from "./without-guest.js";

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
  const leaveOutForeign = async () => {
    if (draft === null || check.step !== "checked") return;
    const rest = await withoutForeign(draft, check.listed);
    await reader.read(rest, draft.source);
  };
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
            round={round}
            onCheckAgain={() => setRound(round + 1)}
            onCreated={reader.clear}
            onLeaveOutForeign={() => void leaveOutForeign()}
            onRead={(list) => void reader.read(list, draft.source)}
          />
        )}
      </div>
      {draft && (
        <div class="column-rows">
          {draft.list !== null && draft.valid > 0 && programId !== null && (
            <CompareWithJob
              key={`compare ${draft.readMs}`}
              programId={programId}
              list={draft.list}
              onRead={(list) => void reader.read(list, draft.source)}
            />
          )}
          {check.step === "checked" && check.listed.foreign > 0 && (
            <ForeignCodes draft={draft} programId={programId ?? ""} listed={check.listed} />
          )}
          {draft.people && draft.rejectedCount > 0 && (
            <PeopleRows key={draft.readMs} people={draft.people} />
          )}
          {!draft.people && draft.rejectedCount > 0 && (
            <RejectedRows key={draft.readMs} draft={draft} />
          )}
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
  round,
  onCheckAgain,
  onCreated,
  onLeaveOutForeign,
  onRead,
}: {
  programId: string | null;
  whose: string;
  draft: Draft;
  check: Check;
  /** How often it was checked again. */
  round: number;
  onCheckAgain(): void;
  onCreated(): void;
  onLeaveOutForeign(): void;
  /** Another list in its place. */
  onRead(list: Blob): void;
}) {
  const config = useConfig();
  const isLost = useStore(lostSince) !== null;
  const [decisions, setDecisions] = useState(UNDECIDED);
  const [how, setHow] = useState(usualHow);
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<Explained | null>(null);

  // Another state of things asks for another decision: at once, or it would take back one that was made
  // right after the question appeared.
  const before = check.step === "checked" ? check.before.total : -1;
  useLayoutEffect(() => setDecisions((made) => ({ ...made, again: null })), [before]);

  const { programs, list } = draft;
  const reviewed = {
    size: draft.valid,
    rejected: draft.rejectedCount,
    check,
    decisions,
    isOfPeople: draft.people !== null,
  };
  const leaving = leavingOf({ ...reviewed, obstacle: "" });
  const needsApproval = config?.approval != null && leaving > config.approval.above;
  const seconds = config?.startDelaySeconds ?? 0;
  // Of one program's list, one code can go first.
  const single = programId !== null && list !== null && leaving > 1 ? { programId, list } : null;
  const first = single && (how.first?.trim().toLowerCase() ?? null);
  const firstCode = useFirstCode(programId, list, first, decisions.again, round);

  const lost = useLostOrder(() => {
    setDecisions((made) => ({ ...made, again: null }));
    onCheckAgain();
  });
  const choose = (chosen: typeof how) => {
    setFault(null);
    setHow(chosen);
    lost.change();
  };

  // Guards against a second click before the first one is shown.
  const once = useRef(false);
  const distribute = async () => {
    if (once.current) return;
    once.current = true;
    setBusy(true);
    setFault(null);
    try {
      const { again, isUnchecked } = decisions;
      // Another operator's approval comes when nobody knows whether this page is open.
      const start = startOf(needsApproval ? { ...how, isKept: true } : how, seconds);
      const order = { source: draft.source, again, isUnchecked, start, pauseAfter: null };
      noteHow(how);
      if (single !== null && first !== null && !(await leavesNow(single.programId, first, again))) {
        // Else another one would go in its place.
        announce("Nothing was sent: the code that goes first would be left out.");
        onCheckAgain();
      } else if (list !== null && programId !== null) {
        const job = await createJob(programId, {
          ...order,
          list: first === null ? draft.input : await withFirst(list, first),
          pauseAfter: first === null ? null : 1,
        });
        created([job], start);
        navigate(paths.job(programId, job.id));
      } else {
        const { jobs } = await createJobs({ ...order, list: draft.input });
        created(jobs, start);
        const [only] = jobs;
        navigate(jobs.length === 1 && only ? paths.job(only.programId, only.id) : paths.history);
      }
    } catch (error) {
      const problem = toWorkerError(error);
      const explained = explainCreation(problem);
      setFault(explained);
      lost.note(problem);
      announce(`${explained.what}. ${explained.meaning}`);
      // Somebody has sent some of these meanwhile, or Uber’s list has changed.
      if (CHANGED.has(problem.code)) onCheckAgain();
    }
    once.current = false;
    setBusy(false);
  };
  const created = (jobs: readonly JobSummary[], start: Start) => {
    if (start === "paused") for (const job of jobs) beginWindow(job, seconds);
    announce(jobs.length === 1 ? "The job is created." : `${count(jobs.length, "job")} created.`);
    onCreated();
  };

  return (
    <Review
      {...reviewed}
      duplicates={draft.duplicates}
      isOfSeveral={programs !== null}
      where={
        <>
          in{" "}
          <bdi class="name-inline" title={whose}>
            {programs && programs.size !== 1 ? count(programs.size, "program") : inSentence(whose)}
          </bdi>
        </>
      }
      isOneFirst={first !== null}
      isBusy={isBusy}
      isPaused={config?.paused ?? false}
      obstacle={obstacleIn(draft, config, isLost) || obstacleOfFirst(firstCode)}
      fault={fault}
      onDecide={(made) => {
        setFault(null);
        setDecisions(made);
        lost.change();
      }}
      {...(programId !== null && { cost: <Cost programId={programId} leaving={leaving} /> })}
      onCheckAgain={onCheckAgain}
      onDistribute={() => void distribute()}
      onLeaveOutForeign={onLeaveOutForeign}
    >
      {list !== null && programId !== null && (
        <WithoutGuest key={draft.readMs} programId={programId} list={list} onRead={onRead} />
      )}
      <HowItLeaves how={how} seconds={needsApproval ? 0 : seconds} onChange={choose}>
        {single && (
          <OneFirst
            how={how}
            list={single.list}
            leaving={leaving}
            firstCode={firstCode}
            leftOut={leftOutOf(check, decisions.again)}
            onChange={choose}
            onCheckAgain={onCheckAgain}
          />
        )}
      </HowItLeaves>
    </Review>
  );
}

/** What is known of the list is no longer true. */
const CHANGED = new Set(["already_queued", "foreign_codes", "codes_not_read", "nothing_to_send"]);

/** Codes that are known to be left out. */
function leftOutOf(check: Check, again: Again): ReadonlySet<string> {
  if (check.step !== "checked") return new Set();
  const { leftOut, before } = check.named;
  return again === "skip" ? new Set([...leftOut, ...before]) : leftOut;
}

function obstacleIn({ input, valid }: Draft, config: Config | null, isLost: boolean): string {
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
