/** The client of the worker's API; each response also updates the session. */
import { createWorkerClient } from "uber-vouchers/worker-client";

import { connectionFailed, connectionWorks } from "./connection.js";
import { sessionNow, signedOut } from "./session-state.js";

export async function observed(url: string, init: RequestInit): Promise<Response> {
  const asked = sessionNow();
  const since = Date.now();
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (!init.signal?.aborted) connectionFailed();
    throw error;
  }
  connectionWorks(since);
  if (response.status === 401) {
    const { code, methods } = await problemIn(response.clone());
    if (code === "not_signed_in") signedOut(methods, asked);
  }
  return response;
}

async function problemIn(response: Response): Promise<{ code?: unknown; methods?: unknown }> {
  try {
    return Object(await response.json()) as object;
  } catch {
    // Not the worker's own message: something in front of it has responded.
    return {};
  }
}

export const worker = createWorkerClient({ baseUrl: "/", fetch: observed });
