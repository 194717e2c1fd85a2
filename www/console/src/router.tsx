/** Paths to screens. Each screen has an address of its own, so that a reload keeps it. */
import type { ComponentChildren } from "preact";

import { createStore, useStore } from "./store.js";

export type Route =
  | { screen: "programs" }
  | { screen: "new"; programId: string }
  | { screen: "distribution"; programId: string; sendId: string }
  | { screen: "none" };

export const paths = {
  programs: () => "/",
  new: (programId: string) => `/programs/${encodeURIComponent(programId)}/new`,
  distribution: (programId: string, sendId: string) =>
    `/programs/${encodeURIComponent(programId)}/distributions/${encodeURIComponent(sendId)}`,
};

function parse(path: string): Route {
  const [first, ...rest] = path.split("/").filter(Boolean).map(decode);
  if (first === undefined) return { screen: "programs" };
  const [programId, kind, sendId, ...more] = rest;
  if (first !== "programs" || !programId || more.length > 0) return { screen: "none" };
  if (kind === "new" && sendId === undefined) return { screen: "new", programId };
  if (kind === "distributions" && sendId) return { screen: "distribution", programId, sendId };
  return { screen: "none" };
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
  children: ComponentChildren;
}

export function Link({ to, class: name = "", children }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
      return;
    event.preventDefault();
    navigate(to);
  };
  return (
    <a href={to} onClick={follow} class={name}>
      {children}
    </a>
  );
}
