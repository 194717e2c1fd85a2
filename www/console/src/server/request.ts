/** The one way to the worker's API. */
import { connectionFailed, connectionWorks } from "./connection.js";
import { lost, problemOf } from "./problem.js";
import { sessionNow, signedOut } from "./session-state.js";

/** The answer, if it is a success; else throws a `Problem`. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const asked = sessionNow();
  let answer: Response;
  try {
    answer = await fetch(path, { ...init, cache: "no-store", redirect: "error" });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    connectionFailed();
    throw lost();
  }
  connectionWorks();
  if (answer.ok) return answer;
  const problem = await problemOf(answer);
  if (problem.code === "not_signed_in") signedOut(problem.more["methods"], asked);
  throw problem;
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = await request(path, signal ? { signal } : {});
  return (await answer.json()) as T;
}

export async function sendJson<T>(method: "POST" | "PUT", path: string, body: unknown): Promise<T> {
  const headers = { "Content-Type": "application/json" };
  const answer = await request(path, { method, headers, body: JSON.stringify(body) });
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}
