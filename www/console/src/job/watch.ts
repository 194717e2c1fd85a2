/** A job as components see it: opened, and drawn at most once a frame. */
import type { JobProgress } from "uber-vouchers";
import { useEffect, useState } from "preact/hooks";

import { type Explained, explain } from "../explain.js";
import { type Live, open } from "../jobs.js";

const AGAIN_MS = 3_000;

export interface Opened {
  live: Live | null;
  error: Explained | null;
  tryAgain(): void;
}

/** Opens a job. One that somebody else has is asked for again every few seconds. */
export function useJob(id: string): Opened {
  const [live, setLive] = useState<Live | null>(null);
  const [error, setError] = useState<Explained | null>(null);
  const [attempt, setAttempt] = useState(0);
  const tryAgain = () => setAttempt((before) => before + 1);
  useEffect(() => {
    let isCurrent = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    open(id).then(
      (opened) => {
        if (!isCurrent) return;
        setLive(opened);
        setError(null);
      },
      (thrown: unknown) => {
        if (!isCurrent) return;
        const explained = explain(thrown);
        setError(explained);
        if (explained.code === "job_busy") timer = setTimeout(tryAgain, AGAIN_MS);
      },
    );
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [id, attempt]);
  return { live, error, tryAgain };
}

export function useProgress({ job }: Live): JobProgress {
  const [progress, setProgress] = useState(() => job.progress());
  useEffect(() => {
    let frame = 0;
    const draw = () => {
      frame = 0;
      setProgress(job.progress());
    };
    const stop = job.subscribe(() => {
      frame ||= requestAnimationFrame(draw);
    });
    draw();
    return () => {
      stop();
      cancelAnimationFrame(frame);
    };
  }, [job]);
  return progress;
}
