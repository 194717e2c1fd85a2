/** The browser's own notices: that the job needs somebody, or has ended, while another tab is looked at. */
import { useEffect, useRef, useState } from "preact/hooks";

import { announce } from "../announce.js";
import { number } from "../format.js";
import type { JobDetail, JobStatus } from "../server/types.js";
import { jobWord } from "../words.js";
import { isAfterFirst } from "./first-codes.js";

/** Nobody waits for anything else. */
const TOLD = new Set<JobStatus>(["halted", "undecided", "finished", "unreadable"]);
const MOVING = new Set<JobStatus>(["scheduled", "running", "unapproved"]);

/** Some browsers, and pages without TLS, have none. */
const isSupported = "Notification" in globalThis;

/** Tells of a job, with counts and nobody's data. */
export function useNotices(job: JobDetail | null, name: string): void {
  const before = useRef<JobStatus | null>(null);
  useEffect(() => {
    const last = before.current;
    before.current = job?.status ?? null;
    if (job === null || last === null || last === job.status) return;
    if (!TOLD.has(job.status) && !isAfterFirst(job)) return;
    if (!isSupported || Notification.permission !== "granted" || !document.hidden) return;
    const { distributed, total } = job.progress;
    const word = isAfterFirst(job)
      ? "Paused after the first codes"
      : jobWord(job.status, job.progress).word;
    const notice = new Notification(`${word}: ${job.name}`, {
      body: `${name}: ${number(distributed)} of ${number(total)} distributed.`,
      tag: job.id,
    });
    notice.onclick = () => {
      focus();
      notice.close();
    };
  }, [job, name]);
}

/** Asks the browser whether notices may be shown, as it wants that to be asked: after a click. */
export function AskForNotices({ job }: { job: JobDetail }) {
  const [permission, setPermission] = useState(isSupported ? Notification.permission : "denied");
  if (permission !== "default" || !MOVING.has(job.status)) return null;
  const ask = async () => {
    const given = await Notification.requestPermission();
    setPermission(given);
    announce(
      given === "granted"
        ? "You are told when the job needs you or has ended, while this page is open."
        : "No notices will be shown.",
    );
  };
  return (
    <button type="button" class="link job-notices" onClick={() => void ask()}>
      Tell me when it needs me or ends
    </button>
  );
}
