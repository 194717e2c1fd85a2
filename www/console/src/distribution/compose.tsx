/** The steps from a list to a job: reading, checking and reviewing it, then creating the job. */
import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { announce } from "../announce.js";
import { type Explained, explainCreation } from "../explain.js";
import { bytes, codes, count, inSentence } from "../format.js";
import { type Check, useCheck } from "../lists/check.js";
import { withoutForeign } from "../lists/foreign.js";
import { stashList } from "../lists/list-transfer.js";
import { type Draft, type Reader, useReader } from "../lists/reading.js";
import { navigate, paths } from "../router.js";
import { useConfig } from "../server/config.js";
import { offlineSince } from "../server/connection.js";
import { type Again, type Start, createJob, createJobs } from "../server/jobs.js";
import { beginWindow } from "../server/start-window.js";
import { toWorkerError } from "../server/error.js";
import type { Config, JobSummary } from "../server/types.js";
import { useStore } from "../store.js";
import { CompareWithJob } from "./compare-with-job.js";
import { Columns } from "./columns.js";
import { DropTarget, DropZone } from "./drop-zone.js";
import { CHANGED, UNDECIDED, leavingOf } from "./list-decisions.js";
import { ForeignCodes } from "./foreign-codes.js";
import { leavesNow, obstacleOfFirst, useFirstCode } from "./first-code.js";
import {
  rememberSendingOptions,
  startOf,
  lastSendingOptions,
  withFirst,
} from "./sending-options.js";
import { SendingOptionsForm } from "./sending-options-form.js";
import { useDecidedOn } from "./decided-on.js";
import { useGuestsOfList } from "./guests-of-list.js";
import { useLostRequest } from "./lost-order.js";
import { ListCard } from "./list-card.js";
import { OneFirst } from "./one-first.js";
import { PeopleRows } from "./people-rows.js";
import { ProgramsOfFile } from "./programs-of-file.js";
import { RejectedRows } from "./rejected-rows.js";
import { NothingToReview, Review } from "./review.js";
import { type CodesByProgram, WithoutGuest } from "./without-guest.js";

interface Props {
  /** `null`: the file names the programs. */
  programId: string | null;
  /** Names the program of the codes, in words. */
  whose: string;
  format: ComponentChildren;
  /** What is shown below the drop zone. */
  more?(reader: Reader): ComponentChildren;
}

export function Compose({ programId, whose, format, more }: Props) {
  const reader = useReader(programId ?? "several");
  const { reading } = reader;
  const draft = reading.step === "read" ? reading.draft : null;
  const [round, setRound] = useState(0);
  const [again, setAgain] = useState<Again>(null);
  const check = useCheck(programId, draft, round);
  const leaveOutForeign = async () => {
    if (draft === null || check.step !== "checked") return;
    const rest = await withoutForeign(draft, programId ?? "", check.listed);
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
            onChoose={(indices) => void reader.choose(reading.file, indices)}
            onChooseSheet={(name) => void reader.chooseSheet(reading.file, name)}
            onClear={reader.clear}
          />
        )}
        {(reading.step === "reading" || reading.step === "read") && (
          <ListCard reading={reading} check={check} reader={reader} />
        )}
        {reading.step !== "empty" && (
          <DropTarget whose={whose} onBlob={onBlob} onRefuse={reader.refuse} />
        )}
        {draft?.programs && (
          <ProgramsOfFile programs={draft.programs} check={check} again={again} />
        )}
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
            onAgain={setAgain}
            onCheckAgain={() => setRound(round + 1)}
            onCreated={(jobs) => {
              // They can still be cancelled.
              if (jobs.some(({ status }) => status !== "running")) reader.putAside(jobs);
              else reader.clear();
            }}
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
              again={again}
              round={round}
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
  onAgain,
  onCheckAgain,
  onCreated,
  onLeaveOutForeign,
  onRead,
}: {
  programId: string | null;
  whose: string;
  draft: Draft;
  check: Check;
  /** How often the list was checked again. */
  round: number;
  /** Another decision about codes in earlier jobs. */
  onAgain(again: Again): void;
  onCheckAgain(): void;
  onCreated(jobs: readonly JobSummary[]): void;
  onLeaveOutForeign(): void;
  /** A new list was read. */
  onRead(list: Blob): void;
}) {
  const config = useConfig();
  const isLost = useStore(offlineSince) !== null;
  const [decisions, setDecisions] = useState(UNDECIDED);
  const [how, setHow] = useState(lastSendingOptions);
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<Explained | null>(null);

  const digest = useDecidedOn(check, decisions, setDecisions);
  useEffect(() => onAgain(decisions.again), [decisions.again]);

  const { programs, list } = draft;
  const guests = useGuestsOfList(check);
  const codesByProgram = useCallback<CodesByProgram>(
    async () => programs ?? new Map(list && programId !== null ? [[programId, list]] : []),
    [draft],
  );
  const reviewed = {
    size: draft.valid,
    rejected: draft.rejectedCount,
    check,
    decisions,
    isOfPeople: draft.people !== null,
  };
  const leaving = leavingOf(reviewed);
  const needsApproval = config?.approval != null && leaving > config.approval.above;
  const seconds = config?.startDelaySeconds ?? 0;
  // If the list is for one program, one code can be sent first.
  const single = programId !== null && list !== null && leaving > 1 ? { programId, list } : null;
  const first = single && (how.first?.trim().toLowerCase() ?? null);
  const firstCode = useFirstCode(programId, list, first, decisions.again, round);

  const isRead = check.step === "checked" && check.listed.fault === null;
  useEffect(() => {
    // The list is compared now, which is what the request could not do.
    if (isRead) setFault((known) => (known?.code === "codes_not_read" ? null : known));
  }, [isRead]);
  const checkAgain = () => {
    setFault(null);
    onCheckAgain();
  };

  const lost = useLostRequest(() => {
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
      // Another operator may approve the job while this page is closed, so the worker has to start
      // it.
      const start = startOf(needsApproval ? { ...how, isKept: true } : how, seconds);
      const about = { source: draft.source, again, isUnchecked, reviewed: digest };
      const order = { ...about, start, pauseAfter: null };
      rememberSendingOptions(how);
      if (single !== null && first !== null && !(await leavesNow(single.programId, first, again))) {
        // Otherwise another code would be sent first.
        announce("Nothing was sent: the first code would be left out.");
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
      // Some of these codes were sent meanwhile, or Uber’s list has changed.
      if (CHANGED.has(problem.code)) onCheckAgain();
    }
    once.current = false;
    setBusy(false);
  };
  const created = (jobs: readonly JobSummary[], start: Start) => {
    beginWindow(jobs, start, seconds);
    announce(jobs.length === 1 ? "The job is created." : `${count(jobs.length, "job")} created.`);
    onCreated(jobs);
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
      onCheckAgain={checkAgain}
      onTake={(program) => stashList(program, { input: draft.input, source: draft.source })}
      onDistribute={() => void distribute()}
      onLeaveOutForeign={onLeaveOutForeign}
    >
      <WithoutGuest
        programId={programId}
        list={codesByProgram}
        size={draft.valid}
        guests={guests}
        check={check}
        again={decisions.again}
        round={round}
        onContinue={onRead}
      />
      <SendingOptionsForm how={how} seconds={needsApproval ? 0 : seconds} onChange={choose}>
        {single && (
          <OneFirst
            programId={single.programId}
            how={how}
            list={single.list}
            recipients={(guests.step === "read" && guests.byProgram.get(single.programId)) || null}
            leaving={leaving}
            firstCode={firstCode}
            leftOut={leftOutOf(check, decisions.again)}
            onChange={choose}
            onCheckAgain={checkAgain}
          />
        )}
      </SendingOptionsForm>
    </Review>
  );
}

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
