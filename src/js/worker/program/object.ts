/**
 * One voucher program: everything that can send its codes goes through its one
 * object, so that two admins, two tabs or two jobs can't send the same code.
 */
import { DurableObject } from "cloudflare:workers";

import { toCodeList } from "../../codes/code-list.js";
import { discard } from "../body.js";
import { type CodeStates, findCodeStates } from "./jobs/code-states.js";
import { isNothingLeft } from "./lists/decision.js";
import { callPrograms, isProblem } from "./fan-out.js";
import type { ListInput } from "../lists.js";
import { log, logError } from "../log.js";
import type {
  BatchDecision,
  CallOrder,
  CheckOrder,
  CodeRange,
  Evidence,
  Held,
  HeldOrder,
  JobOrder,
  LocateOrder,
  Naming,
  ProgramApi,
  ProgramCall,
  ResultFilter,
  RpcResult,
  Task,
  TaskResults,
  TaskValues,
} from "../objects.js";
import { hasCodes } from "./lists/foreign-owners.js";
import { locateCodes } from "./lists/located-codes.js";
import type { EventOutcomes } from "./evidence/outcome-queue.js";
import { ProgramParts } from "./parts.js";
import type { LiveSocket, ObjectState } from "../platform-types.js";
import { problemResponse, problemOf, refuse } from "../problem.js";
import type { Who } from "./jobs/records.js";
import { INBOX_FALLBACK_MS } from "./schedule.js";
import { whileHolding } from "./operations/holding.js";
import type { CodeSearch, JobSummary, LocatedCode, WorkerEnv } from "../types.js";

export class ProgramObject extends DurableObject<WorkerEnv> implements ProgramApi {
  readonly parts: ProgramParts;

  constructor(ctx: ObjectState, env: WorkerEnv) {
    super(ctx, env);
    this.parts = new ProgramParts(ctx, env);
  }

  /** Runs an operation, and returns a refusal as a value. */
  async #serve<T>(work: () => T | Promise<T>, list?: ListInput): Promise<RpcResult<T>> {
    try {
      await this.parts.begin();
      return { value: await work() };
    } catch (error) {
      const problem = problemOf(error);
      const { code, status } = problem;
      if (status === 500) logError("program", error);
      log("refused", { program: this.parts.state.knownId, code, status });
      return { problem };
    } finally {
      // If setting the alarm failed before, each call sets it again.
      await this.parts.arm().catch((error: unknown) => logError("arm", error));
      if (list && "stream" in list) await discard(list);
    }
  }

  async createJob(order: JobOrder, list: ListInput) {
    return this.#serve(() => this.parts.operations.createJob(order, list), list);
  }

  async distribute(order: CallOrder, list: ListInput): Promise<RpcResult<{ codes: number }>> {
    const result = await this.#serve(() => this.parts.operations.distribute(order, list), list);
    return "problem" in result ? result : result.value;
  }

  async dryRun(order: CheckOrder) {
    return this.#serve(() => this.parts.operations.dryRun(order), order.list);
  }

  async jobs() {
    return this.#serve(() => this.parts.operations.jobs());
  }

  async job(jobId: string) {
    return this.#serve(() => this.parts.operations.job(jobId));
  }

  async results(jobId: string, filter: ResultFilter) {
    return this.#serve(() => this.parts.operations.results(jobId, filter));
  }

  async resultsCsv(jobId: string, filter: ResultFilter) {
    return this.#serve(() => this.parts.operations.resultsCsv(jobId, filter));
  }

  async journal(jobId: string) {
    return this.#serve(() => this.parts.operations.journal(jobId));
  }

  async pause(jobId: string, who: Who) {
    return this.#serve(() => this.parts.operations.pause(jobId, who));
  }

  async resume(jobId: string, who: Who) {
    return this.#serve(() => this.parts.operations.resume(jobId, who));
  }

  async start(jobId: string, who: Who) {
    return this.#serve(() => this.parts.operations.start(jobId, who));
  }

  async abandon(jobId: string, who: Who) {
    return this.#serve(() => this.parts.operations.abandon(jobId, who));
  }

  async cancel(jobId: string, who: Who) {
    return this.#serve(() => this.parts.operations.cancel(jobId, who));
  }

  async approve(jobId: string, who: Who) {
    return this.#serve(() => this.parts.operations.approve(jobId, who));
  }

  async rename(jobId: string, naming: Naming, by: string) {
    return this.#serve(() => this.parts.operations.rename(jobId, naming, by));
  }

  async resolve(jobId: string, decision: BatchDecision, who: Who) {
    return this.#serve(() => this.parts.operations.resolve(jobId, decision, who));
  }

  async drop(jobId: string, who: Who) {
    return this.#serve(() => this.parts.operations.drop(jobId, who));
  }

  async reconcile(jobId: string) {
    return this.#serve(() => this.parts.operations.reconcile(jobId));
  }

  async searchCodes(programId: string, search: CodeSearch) {
    return this.#serve(() => this.parts.codes.search(programId, search));
  }

  async selectCodes(programId: string, range: CodeRange) {
    return this.#serve(() => this.parts.codes.select(programId, range));
  }

  async usedCodes(programId: string, jobId: string) {
    return this.#serve(() => this.parts.codes.used(programId, jobId));
  }

  /**
   * Watches a job, whose id is the path, `until` a session ends: a WebSocket, which no method can
   * return.
   */
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const until = searchParams.get("until");
    const watched = await this.#serve(async () => {
      const { summary } = await this.parts.operations.shown("live", pathname.slice(1));
      if (request.headers.get("Upgrade")?.toLowerCase() !== "websocket") throw noUpgrade();
      const protocol = request.headers.get("Sec-WebSocket-Protocol");
      return this.parts.live.open(summary.id, until === null ? null : Number(until), protocol);
    });
    return "problem" in watched ? problemResponse(watched.problem) : watched.value;
  }

  /** Takes events whose signature was right. Returns whether the program is known here. */
  async webhook(events: readonly EventOutcomes[], evidence?: Evidence): Promise<boolean> {
    const { parts } = this;
    // Fails if a later release has written the tables: the event is passed on again.
    await parts.begin();
    // Jobs are deleted, but the ledger stays: the program is known if it ever had a job.
    if (parts.state.id === "") return false;
    if (evidence !== undefined) await this.noteEvidence(evidence);
    const told = events.filter(({ outcomes }) => outcomes.length > 0);
    if (told.length === 0) return true;
    parts.inbox.add(told);
    const now = Date.now();
    // Even if this object ends, the alarm processes it.
    await parts.arm((parts.inbox.dueAt(now) ?? now) + INBOX_FALLBACK_MS);
    return true;
  }

  /** Runs a task for several programs: the first one here, the rest in other objects. */
  async fanOut<T extends Task>(
    task: T,
    [own, ...rest]: readonly ProgramCall<T>[],
  ): Promise<TaskResults[T][]> {
    if (own === undefined) return [];
    const result = await callTask(this, task, own.value);
    return isProblem(result)
      ? [result]
      : [result, ...(await callPrograms(this.parts.stubs, task, rest, 1))];
  }

  /** Creates a job of a group; it starts when all of them are created. */
  async createHeld(order: HeldOrder): Promise<Held> {
    try {
      await this.parts.begin();
      const { ids, duplicates, attempt, ...about } = order;
      const { creation, state, stubs } = this.parts;
      state.setProgramId(order.programId);
      const list = toCodeList({ ids, duplicates, rejectedCount: 0, rejected: [] });
      const { record, digest } = await whileHolding(stubs, order, () =>
        creation.create({
          ...about,
          key: attempt,
          list,
          // The group has already compared the key's request.
          fingerprint: {},
          // The group compares the digests of all its programs.
          reviewed: undefined,
          isCall: false,
          isHeld: true,
        }),
      );
      return { summary: record.summary, digest };
    } catch (error) {
      const [problem, { programId, flags }] = [problemOf(error), order];
      const digest = problem.more?.["digest"];
      return isNothingLeft(problem, flags)
        ? { nothing: problem, programId, digest: typeof digest === "string" ? digest : "" }
        : { problem, programId };
    }
  }

  /** The summary of a job, after its group was decided. */
  async summary(jobId: string): Promise<JobSummary | undefined> {
    await this.syncGroups();
    return this.parts.records.byId(jobId)?.summary;
  }

  /** Asks for the decisions of groups whose jobs are held: these start, or are removed. */
  async syncGroups(): Promise<void> {
    await this.parts.begin();
    await this.parts.schedule.learnGroups();
  }

  /** Pauses or resumes all jobs of this program. */
  async setPaused(isPaused: boolean): Promise<void> {
    await this.parts.pausing.set(isPaused);
  }

  /** Continues jobs that have not reported; reports those that wait for a reason. */
  async restartSilent(jobs: readonly string[]): Promise<void> {
    const { records, reports } = this.parts;
    await this.parts.begin();
    await this.parts.arm();
    const resting = jobs
      .flatMap((id) => records.byId(id) ?? [])
      .filter(({ summary: { status, waitingUntil } }) => {
        return status !== "running" || (waitingUntil ?? 0) > Date.now();
      });
    await reports.report(...resting);
  }

  /** Resumes all jobs that are halted. Returns how many there are. */
  async resumeHalted(): Promise<number> {
    await this.parts.begin();
    return this.parts.pausing.resumeHalted();
  }

  /** An event could not be read, or reports a claim or a use: usage should be read. */
  async noteEvidence(_reason: Evidence): Promise<void> {
    const { parts } = this;
    await parts.begin();
    // Without a job here, nothing is stored.
    if (parts.state.id === "") return;
    if (parts.usage.requestRead(Date.now())) await parts.arm();
  }

  /** The state of each of these codes, as far as it is known here. */
  async codeStates(ids: Uint8Array): Promise<CodeStates> {
    await this.parts.begin();
    return findCodeStates(ids, this.parts);
  }

  /** For each of these codes, 1 if this program has it. Reads Uber's list if `mayRead`. */
  async hasCodes(programId: string, ids: Uint8Array, mayRead: boolean): Promise<Uint8Array> {
    await this.parts.begin();
    return hasCodes(this.parts, programId, ids, mayRead);
  }

  /** The jobs of codes whose ids begin with a text; `null` if this program can't be searched. */
  async locate({ programId, find, most }: LocateOrder): Promise<LocatedCode[] | null> {
    try {
      await this.parts.begin();
      return await locateCodes(this.parts, programId, find, most);
    } catch (error) {
      logError("locate", error);
      return null;
    }
  }

  /** Clients never send messages. */
  webSocketMessage(): void {}

  /** Completes the closing handshake. */
  webSocketClose(socket: LiveSocket): void {
    socket.close(1000);
  }

  /** Runs the work that is due. */
  async alarm(): Promise<void> {
    await this.parts.alarm();
  }
}

type TaskMethods = { [T in Task]: (value: TaskValues[T]) => Promise<TaskResults[T]> };

const callTask = <T extends Task>(methods: TaskMethods, task: T, value: TaskValues[T]) =>
  methods[task](value);

const noUpgrade = () =>
  refuse(426, "upgrade_required", "This is a WebSocket", "Connect with `new WebSocket`.");
