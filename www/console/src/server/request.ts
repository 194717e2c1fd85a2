/** The routes of the worker that have no method of their own in its client. */
import { worker } from "./worker.js";

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = (await worker.request(path, signal ? { signal } : {})) as Response;
  return (await answer.json()) as T;
}

export async function sendJson<T>(method: "POST" | "PUT", path: string, body: unknown): Promise<T> {
  const headers = { "Content-Type": "application/json" };
  const init: RequestInit = { method, headers, body: JSON.stringify(body) };
  const answer = (await worker.request(path, init)) as Response;
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}
