/** What the browser tells of the job that is open, and whether it may. */
import { useEffect, useRef, useState } from "preact/hooks";

import { announce } from "../announce.js";
import { canNotify, noteJob } from "../frame/notices.js";
import { seeJob } from "../server/teller.js";
import type { JobDetail, JobStatus } from "../server/types.js";

/** Nobody waits for anything else. */
const MOVING = new Set<JobStatus>(["scheduled", "running", "unapproved"]);

/** The page of a job knows first what becomes of it; while somebody looks at it, no notice is needed. */
export function useNotices(job: JobDetail | null, jobId: string): void {
  const before = useRef<JobStatus | null>(null);
  useEffect(() => {
    const last = before.current;
    before.current = job?.status ?? null;
    if (job !== null && last !== null && last !== job.status) noteJob(job);
  }, [job]);
  useEffect(() => {
    let stop = new AbortController();
    const look = () => {
      stop.abort();
      stop = new AbortController();
      if (!document.hidden) seeJob(jobId, stop.signal);
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      stop.abort();
    };
  }, [jobId]);
}

/** Asks the browser whether notices may be shown, as it wants that to be asked: after a click. */
export function AskForNotices({ job }: { job: JobDetail }) {
  const [permission, setPermission] = useState(canNotify ? Notification.permission : "denied");
  if (permission !== "default" || !MOVING.has(job.status)) return null;
  const ask = async () => {
    const given = await Notification.requestPermission();
    setPermission(given);
    announce(
      given === "granted"
        ? "You are told when a job needs somebody or has ended, while a page of this console is open."
        : "No notices will be shown.",
    );
  };
  return (
    <button type="button" class="link job-notices" onClick={() => void ask()}>
      Tell me when a job needs me or ends
    </button>
  );
}
