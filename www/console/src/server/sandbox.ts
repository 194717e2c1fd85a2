/** The sandbox that replaces Uber, if there is one. */
import { apiOf } from "./programs.js";
import { sendJson } from "./request.js";
import { reload, useResource } from "./resource.js";
import type { SandboxChange, SandboxState } from "./types.js";

const PATH = "/api/sandbox";
const EVERY_MS = 2_000;

export const useSandbox = () => useResource<SandboxState>(PATH, { everyMs: EVERY_MS });

export async function configureSandbox(change: SandboxChange): Promise<void> {
  await sendJson("PUT", PATH, change);
  await reload(PATH);
}

/** A sample file to try the console with. */
export const sampleUrl = (programId: string, hasMistakes: boolean): string =>
  `${apiOf(programId).replace("/api/", "/api/sandbox/")}/codes.csv${hasMistakes ? "?mistakes" : ""}`;
