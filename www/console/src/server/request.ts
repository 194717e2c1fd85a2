/** The routes of the worker that have no method of their own in its client. */
import { worker } from "./worker.js";

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer: Response = await worker.request(path, signal ? { signal } : {});
  return (await answer.json()) as T;
}

export async function sendJson<T>(method: "POST" | "PUT", path: string, body: unknown): Promise<T> {
  const headers = { "Content-Type": "application/json" };
  const init: RequestInit = { method, headers, body: JSON.stringify(body) };
  const answer: Response = await worker.request(path, init);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}
