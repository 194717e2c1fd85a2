/**
 * Paths to screens. Each screen has an address of its own, so that a reload keeps it. Own code, as
 * a router of patterns would not know ids in another spelling, nor move the focus to the screen.
 */
import type { ComponentChildren } from "preact";

import { createStore, useStore } from "./store.js";

export type Route =
  | { screen: "programs" }
  | { screen: "program"; programId: string }
  | { screen: "new"; programId: string }
  | { screen: "everybody"; programId: string }
  | { screen: "job"; programId: string; jobId: string }
  | { screen: "several" }
  | { screen: "history" }
  | { screen: "none" };

const ofProgram = (programId: string): string => `/programs/${encodeURIComponent(programId)}`;

export const paths = {
  programs: "/",
  history: "/history",
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
  }
  if (first !== "programs" || programId === undefined || more.length > 0) return { screen: "none" };
  if (kind === undefined) return { screen: "program", programId };
  if (kind === "new" && jobId === undefined) return { screen: "new", programId };
  if (kind === "everybody" && jobId === undefined) return { screen: "everybody", programId };
  if (kind === "jobs" && jobId !== undefined) return { screen: "job", programId, jobId };
  return { screen: "none" };
}

/** A UUID is the same in either case, and kept in lower case. */
export function canonicalId(programId: string): string {
  return /^[0-9a-f-]{36}$/i.test(programId) ? programId.toLowerCase() : programId;
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
  queueMicrotask(() => document.querySelector<HTMLElement>("main")?.focus({ preventScroll: true }));
}

interface LinkProps {
  to: string;
  class?: string;
  title?: string;
  label?: string;
  /** It leads to where one is. */
  isCurrent?: boolean;
  children: ComponentChildren;
}

export function Link({ to, label, isCurrent = false, children, ...more }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
      return;
    event.preventDefault();
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
