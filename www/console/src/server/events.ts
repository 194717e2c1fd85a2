/** The Uber events that the worker keeps. */
import { announce } from "../announce.js";
import { count, number } from "../format.js";
import { createStore, useStore } from "../store.js";
import { getJson } from "./request.js";
import { invalidate, useResource } from "./resource.js";
import { type EventPage, type EventSummary, LIMITS } from "./types.js";
import { worker } from "./worker.js";

const PATH = "/api/events";
const UNREAD = `${PATH}?limit=1&unread=true`;
const BY_ID = `${PATH}/`;
const PAGE = 50;
const EVERY_MS = 10_000;
const EVERY_MS_WHILE_REREADING = 1_000;
/**
 * No route returns the summary of one event: it is searched for in this many pages of this many
 * events.
 */
const LOOKUP_PAGES = 10;
export const LOOKED_UP = LOOKUP_PAGES * LIMITS.rowsPerPage;

const listOf = (isUnread: boolean) => `${PATH}?limit=${PAGE}${isUnread ? "&unread=true" : ""}`;

/** The newest of them. */
export const useEvents = (isUnread: boolean) =>
  useResource<EventPage>(listOf(isUnread), { everyMs: EVERY_MS });

export const readOlderEvents = (isUnread: boolean, before: string): Promise<EventPage> =>
  getJson(`${listOf(isUnread)}&before=${encodeURIComponent(before)}`);

/** One event; `summary` is null if it is not among the newest. */
export const useEvent = (id: string) =>
  useResource<{ summary: EventSummary | null }>(`${BY_ID}${encodeURIComponent(id)}`, {
    read: findSummary,
  });

async function findSummary(path: string): Promise<{ summary: EventSummary | null }> {
  const id = decodeURIComponent(path.slice(BY_ID.length));
  let before = "";
  for (let page = 0; page < LOOKUP_PAGES; page += 1) {
    const { events, next }: EventPage = await getJson(
      `${PATH}?limit=${LIMITS.rowsPerPage}${before}`,
    );
    const summary = events.find((event) => event.id === id);
    if (summary) return { summary };
    if (next === null) break;
    before = `&before=${encodeURIComponent(next)}`;
  }
  return { summary: null };
}

/** As it arrived: it may contain personal data, so it is kept only while the screen shows it. */
export const readBody = (id: string, signal: AbortSignal): Promise<string> =>
  worker.event(id, { signal });

const isRereading = createStore(false);

/** How many are unread, and the progress of reading again. */
export function useUnread() {
  const everyMs = useStore(isRereading) ? EVERY_MS_WHILE_REREADING : EVERY_MS;
  return useResource<EventPage>(UNREAD, { everyMs, read: readUnread });
}

async function readUnread(): Promise<EventPage> {
  const page = await getJson<EventPage>(UNREAD);
  const wasRereading = isRereading.get();
  isRereading.set(page.rereading !== null);
  if (wasRereading && page.rereading === null) {
    announce(`Read again. ${leftUnread(page.unreadCount)}`);
    invalidate(PATH);
  }
  return page;
}

export const leftUnread = (unread: number): string =>
  unread === 0 ? "No event is unread." : `${count(unread, "event")} still can’t be read.`;

/** Makes the worker read them again, with its current reader. */
export async function rereadEvents(scope: "unread" | "all"): Promise<void> {
  const { events } = await worker.reread(scope === "unread" ? { unread: true } : {});
  announce(`${number(events)} being read again.`);
  isRereading.set(true);
  invalidate(PATH);
}

/** Marks an event as dealt with: it is no longer unread. */
export async function dismissEvent(id: string): Promise<void> {
  await worker.dismiss(id);
  announce("Dealt with.");
  invalidate(PATH);
}
