/** The worker's configuration: the Uber environment, and whether everything is paused. */
import { announce } from "../announce.js";
import { count } from "../format.js";
import { setData, useResource } from "./resource.js";
import { sendJson } from "./request.js";
import type { Config, PauseResult, ResumeResult } from "./types.js";

const PATH = "/api/config";
/** Another operator may have paused everything. */
const EVERY_MS = 10_000;

export const useConfig = (): Config | null =>
  useResource<Config>(PATH, { everyMs: EVERY_MS }).value;

/** Pauses every job of every program, or resumes them. */
export async function pauseEverything(paused: boolean): Promise<void> {
  const { jobs } = await sendJson<PauseResult>("POST", "/api/pause", { paused });
  setData<Config>(PATH, (config) => ({ ...config, paused }));
  announce(
    paused
      ? `Everything is paused: nothing is sent. ${count(jobs, "job")} open.`
      : `Everything is resumed: ${count(jobs, "job")} open.`,
  );
}

/** Resumes every job that has halted. */
export async function resumeHalted(): Promise<void> {
  const { jobs } = await sendJson<ResumeResult>("POST", "/api/resume", {});
  announce(`${count(jobs, "halted job")} resumed.`);
}
