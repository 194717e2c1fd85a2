/** Which side the worker talks to, and whether everything is paused. */
import { announce } from "../announce.js";
import { count } from "../format.js";
import { learn, useResource } from "./resource.js";
import { sendJson } from "./request.js";
import type { Config } from "./types.js";

const PATH = "/api/config";
/** Somebody else may have paused everything. */
const EVERY_MS = 10_000;

export const useConfig = (): Config | null =>
  useResource<Config>(PATH, { everyMs: EVERY_MS }).value;

/** Pauses every job of every program, or lets them go on. */
export async function pauseEverything(paused: boolean): Promise<void> {
  const { jobs } = await sendJson<{ jobs: number }>("POST", "/api/pause", { paused });
  learn<Config>(PATH, (config) => ({ ...config, paused }));
  announce(
    paused
      ? `Everything is paused: nothing leaves. ${count(jobs, "job")} open.`
      : `Everything goes on: ${count(jobs, "job")} open.`,
  );
}

/** Lets every job go on that has halted by itself. */
export async function resumeHalted(): Promise<void> {
  const { jobs } = await sendJson<{ jobs: number }>("POST", "/api/resume", {});
  announce(`${count(jobs, "halted job")} resumed.`);
}
