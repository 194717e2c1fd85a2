/** The worker's API, as `uber-vouchers/worker-client` has it, and what each answer says of the session. */
import { createWorkerClient } from "uber-vouchers/worker-client";

import { connectionFailed, connectionWorks } from "./connection.js";
import { sessionNow, signedOut } from "./session-state.js";

export async function observed(url: string, init: RequestInit): Promise<Response> {
  const asked = sessionNow();
  let answer: Response;
  try {
    answer = await fetch(url, init);
  } catch (error) {
    if (!init.signal?.aborted) connectionFailed();
    throw error;
  }
  connectionWorks();
  if (answer.status === 401) {
    const { code, methods } = await problemIn(answer.clone());
    if (code === "not_signed_in") signedOut(methods, asked);
  }
  return answer;
}

async function problemIn(answer: Response): Promise<{ code?: unknown; methods?: unknown }> {
  try {
    return Object(await answer.json()) as object;
  } catch {
    // Not the worker's own words: something before it has answered.
    return {};
  }
}

export const worker = createWorkerClient({ baseUrl: "/", fetch: observed });
