/** The browser notifications for this job, and the permission for them. */
import { useEffect, useRef, useState } from "preact/hooks";

import { announce } from "../announce.js";
import { canNotify, noteJob } from "../frame/notices.js";
import { seeJob } from "../server/announcing-tab.js";
import type { JobDetail, JobStatus } from "../server/types.js";
import { isAwaited } from "../statuses.js";

/** The page of a job knows its changes first; while it is visible, no notification is needed. */
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

/** Asks for the permission after a click, as browsers require. */
export function AskForNotices({ job }: { job: JobDetail }) {
  const [permission, setPermission] = useState(canNotify ? Notification.permission : "denied");
  if (permission !== "default" || !isAwaited(job.status)) return null;
  const ask = async () => {
    const given = await Notification.requestPermission();
    setPermission(given);
    announce(
      given === "granted"
        ? "You are notified when a job needs you or has ended, as long as a page of this console is open."
        : "No notifications will be shown.",
    );
  };
  return (
    <button type="button" class="link job-notices" onClick={() => void ask()}>
      Tell me when a job needs me or ends
    </button>
  );
}
