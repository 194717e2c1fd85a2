/** Watches one job. */
import { useEffect, useState } from "preact/hooks";
import type { WatchedJob } from "uber-vouchers/worker-client";

import { createStore, useStore } from "../store.js";
import { session, signedIn } from "./session-state.js";
import { worker } from "./worker.js";

const NOTHING: WatchedJob = { job: null, at: null, isConnected: false, error: null };

/** The time of the job's state on the screen; `null` if there is no job. */
export const liveAt = createStore<number | null>(null);

/** The last state stays while nobody is signed in. */
export function useLiveJob(programId: string, jobId: string): WatchedJob {
  const [watched, setWatched] = useState(NOTHING);
  const isOut = useStore(session).state === "out";
  useEffect(() => {
    if (isOut) return undefined;
    return worker.watch(programId, jobId, (told) => {
      if (told.isConnected) signedIn();
      setWatched((before) => ({ ...told, job: told.job ?? before.job, at: told.at ?? before.at }));
    });
  }, [programId, jobId, isOut]);
  useEffect(() => liveAt.set(watched.at), [watched.at]);
  useEffect(() => () => liveAt.set(null), []);
  return watched;
}
