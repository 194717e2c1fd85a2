/**
 * Browser notifications: a job needs a decision, or has ended. One tab of the console notifies
 * about all jobs, whatever screen it shows; a job that is visible in a tab needs no notification.
 */
import { useEffect, useRef, useState } from "preact/hooks";

import { codes, number } from "../format.js";
import { navigate, paths } from "../router.js";
import { useConfig } from "../server/config.js";
import { readOverview, useOverview } from "../server/overview.js";
import { useNames, usePrograms } from "../server/programs.js";
import { session } from "../server/session-state.js";
import { becomeTeller, forgetTold, isSeen, markTold } from "../server/announcing-tab.js";
import type { JobSummary } from "../server/types.js";
import { worker } from "../server/worker.js";
import { isMoving, isNews } from "../statuses.js";
import { createStore, useStore } from "../store.js";
import { isAfterFirst, jobWord } from "../words.js";

const EVERY_MS = 5_000;

/** Some browsers, and pages without TLS, have no notifications. */
export const canNotify = "Notification" in globalThis;
const mayNotify = (): boolean => canNotify && Notification.permission === "granted";

/** Notifications that wait until the names of the programs are known. */
const noted = createStore<readonly JobSummary[]>([]);

/** Records the status of a job: only the tab that records it first notifies. */
export function noteJob(job: JobSummary): void {
  if (isMoving(job.status)) forgetTold(job);
  else if (mayNotify() && (isNews(job.status) || isAfterFirst(job)) && !markTold(job)) {
    noted.set([...noted.get(), job]);
  }
}

export function Notices() {
  useChanges();
  const { value, problem } = usePrograms();
  const nameOf = useNames();
  const operator = useConfig()?.operator;
  const jobs = useStore(noted);
  const isNamed = value !== null || problem !== null;
  useEffect(() => {
    if (!isNamed || operator === undefined || jobs.length === 0) return;
    noted.set([]);
    for (const job of jobs) {
      // The operator who created it can't approve it.
      if (job.status === "unapproved" && job.by === operator) continue;
      void tell(job, value === null ? "" : `${nameOf(job.programId)}: `);
    }
  }, [jobs, isNamed, operator]);
  return null;
}

/** With counts and without personal data. */
async function tell(job: JobSummary, program: string): Promise<void> {
  const { id, programId, status, progress, by } = job;
  if (await isSeen(id)) return;
  const { distributed, total } = progress;
  const word = isAfterFirst(job) ? "Paused after the first codes" : jobWord(status, progress).word;
  const what =
    status === "unapproved"
      ? `${by} asks for ${codes(total)}.`
      : `${number(distributed)} of ${number(total)} distributed.`;
  const notice = new Notification(`${word}: ${job.name}`, { body: program + what, tag: id });
  notice.onclick = () => {
    focus();
    navigate(paths.job(programId, id));
    notice.close();
  };
}

/** Watches all jobs, while this is the tab that notifies. */
function useChanges(): void {
  const [isTeller, setTeller] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    becomeTeller(stop.signal, () => setTeller(true));
    return () => stop.abort();
  }, []);
  useEffect(() => {
    if (!isTeller) return undefined;
    // A hidden page reads nothing automatically.
    const timer = setInterval(() => {
      if (document.hidden && mayNotify() && session.get().state === "in") readOverview();
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [isTeller]);

  const { value } = useOverview();
  const before = useRef<ReadonlyMap<string, JobSummary> | null>(null);
  useEffect(() => {
    if (value === null) return;
    const all = [...value.running, ...value.deciding, ...value.unapproved];
    const now = new Map(all.map((job) => [job.id, job]));
    const last = before.current;
    before.current = now;
    if (!isTeller || last === null) return;
    for (const job of all) if (last.get(job.id)?.status !== job.status) noteJob(job);
    for (const job of last.values()) {
      if (now.has(job.id)) continue;
      // It has ended, or an operator has paused it. An unreadable job is on the first screen.
      worker.job(job.programId, job.id).then(noteJob, () => {});
    }
  }, [value, isTeller]);
}
