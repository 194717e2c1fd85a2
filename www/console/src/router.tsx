/**
 * The routes of the screens. Each screen has its own address, so that a reload keeps it. It is our
 * own code, because a pattern-based router would not recognize ids in another spelling, nor move
 * the focus to the screen.
 */
import type { ComponentChildren } from "preact";

import { focusMain } from "./parts/focus-main.js";
import { createStore, useStore } from "./store.js";

export type Route =
  | { screen: "programs" }
  | { screen: "program"; programId: string }
  | { screen: "new"; programId: string }
  | { screen: "everybody"; programId: string }
  | { screen: "job"; programId: string; jobId: string }
  | { screen: "several" }
  | { screen: "history" }
  | { screen: "events"; isUnread: boolean }
  | { screen: "event"; eventId: string }
  | { screen: "none" };

const ofProgram = (programId: string): string =>
  `/programs/${encodeURIComponent(canonicalId(programId))}`;

export const paths = {
  programs: "/",
  history: "/history",
  events: "/events",
  unreadEvents: "/events/unread",
  event: (eventId: string) => `/events/${encodeURIComponent(eventId)}`,
  /** One file for several programs. */
  several: "/new",
  program: ofProgram,
  new: (programId: string) => `${ofProgram(programId)}/new`,
  everybody: (programId: string) => `${ofProgram(programId)}/everybody`,
  job: (programId: string, jobId: string) =>
    `${ofProgram(programId)}/jobs/${encodeURIComponent(jobId)}`,
};

function parse(path: string): Route {
  const [first, spelled, kind, jobId, ...more] = path.split("/").filter(Boolean).map(decode);
  const programId = spelled && canonicalId(spelled);
  if (first === undefined) return { screen: "programs" };
  if (programId === undefined) {
    if (first === "history") return { screen: "history" };
    if (first === "new") return { screen: "several" };
    if (first === "events") return { screen: "events", isUnread: false };
  }
  if (first === "events" && spelled !== undefined && kind === undefined) {
    return spelled === "unread"
      ? { screen: "events", isUnread: true }
      : { screen: "event", eventId: spelled };
  }
  if (first !== "programs" || programId === undefined || more.length > 0) return { screen: "none" };
  if (kind === undefined) return { screen: "program", programId };
  if (kind === "new" && jobId === undefined) return { screen: "new", programId };
  if (kind === "everybody" && jobId === undefined) return { screen: "everybody", programId };
  if (kind === "jobs" && jobId !== undefined) return { screen: "job", programId, jobId };
  return { screen: "none" };
}

/** One form of a program's id, however it is written: as the worker has it. */
export function canonicalId(id: string): string {
  const digits = id.replace(/^urn:uuid:/i, "").replace(/[{}-]/g, "");
  if (!/^[0-9a-f]{32}$/i.test(digits)) return id;
  return digits.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

const path = createStore(location.pathname);
addEventListener("popstate", () => path.set(location.pathname));

export function useRoute(): Route {
  return parse(useStore(path));
}

export function navigate(to: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  path.set(location.pathname);
  scrollTo(0, 0);
  // As after a page load: the next Tab starts at the top of the new screen.
  queueMicrotask(focusMain);
}

interface LinkProps {
  to: string;
  class?: string;
  title?: string;
  label?: string;
  /** The link leads to the current screen. */
  isCurrent?: boolean;
  /** Called before this tab shows the screen. */
  onFollow?(): void;
  children: ComponentChildren;
}

export function Link({ to, label, isCurrent = false, onFollow, children, ...more }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
      return;
    event.preventDefault();
    onFollow?.();
    navigate(to);
  };
  return (
    <a
      href={to}
      onClick={follow}
      {...more}
      {...(label ? { "aria-label": label } : {})}
      {...(isCurrent ? { "aria-current": "page" } : {})}
    >
      {children}
    </a>
  );
}
