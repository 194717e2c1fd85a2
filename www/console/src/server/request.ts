/** Calls routes of the worker for which its client has no method. */
import { worker } from "./worker.js";

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = (await worker.request(path, signal ? { signal } : {})) as Response;
  return (await response.json()) as T;
}

export async function sendJson<T>(
  method: "POST" | "PUT",
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const headers = { "Content-Type": "application/json" };
  const init: RequestInit = {
    method,
    headers,
    body: JSON.stringify(body),
    ...(signal && { signal }),
  };
  const response = (await worker.request(path, init)) as Response;
  return (response.status === 204 ? undefined : await response.json()) as T;
}
