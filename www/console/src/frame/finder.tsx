/** ⌘K: finds a program, a job or a code from any screen. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { isEmail, isPhone } from "uber-vouchers/worker-client";

import { Modal } from "../parts/modal.js";
import { SearchIcon } from "../parts/icons.js";
import { navigate } from "../router.js";
import { offlineSince } from "../server/connection.js";
import { session } from "../server/session-state.js";
import { useNames, usePrograms } from "../server/programs.js";
import { createStore, useStore } from "../store.js";
import { type Found, type FoundItem, findAtWorker, findPrograms } from "./search-results.js";

const isOpen = createStore(false);
export const showFinder = (): void => isOpen.set(true);

/** How long after the last key the worker is asked. */
const QUIET_MS = 200;

export function Finder() {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey)) return;
      if (event.altKey || event.shiftKey || session.get().state !== "in") return;
      event.preventDefault();
      isOpen.set(!isOpen.get());
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  return useStore(isOpen) ? <Find onClose={() => isOpen.set(false)} /> : null;
}

function Find({ onClose }: { onClose(): void }) {
  const field = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const { items, missing, isBusy } = useFound(query.trim());
  // At once: what is typed right after ⌘K belongs into the field.
  useLayoutEffect(() => field.current?.focus(), []);
  useEffect(() => setActive(0), [query]);

  const current = Math.min(active, items.length - 1);
  const go = (item: FoundItem | undefined) => {
    if (item === undefined) return;
    onClose();
    navigate(item.path);
  };
  const pressed = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setActive(Math.min(Math.max(current + step, 0), items.length - 1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      go(items[current]);
    }
  };
  const combobox = {
    role: "combobox",
    "aria-expanded": items.length > 0,
    "aria-controls": "finder-list",
    "aria-autocomplete": "list",
    "aria-activedescendant": current >= 0 ? `found-${current}` : undefined,
  };
  const isAsked = query.trim() !== "";
  return (
    <Modal labelledBy="finder-title" onClose={onClose}>
      <h2 id="finder-title" class="visually-hidden">
        Find a program, a job or a code
      </h2>
      <label class="search finder-search">
        <SearchIcon />
        <span class="visually-hidden">Find a program, a job or a code</span>
        <input
          ref={field}
          type="search"
          {...(combobox as object)}
          placeholder="Program, job or code"
          value={query}
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={pressed}
        />
      </label>
      <ul id="finder-list" role="listbox" aria-label="Search results" class="finder-list">
        {items.map((item, index) => (
          <li
            key={item.path + item.kind}
            id={`found-${index}`}
            role="option"
            aria-selected={index === current}
            onClick={() => go(item)}
          >
            <span class="finder-kind">{item.kind}</span>
            <bdi>{item.name}</bdi>
            <span class="quiet">{item.about}</span>
          </li>
        ))}
      </ul>
      <p class="quiet finder-none" role="status">
        {isAsked && isBusy && items.length === 0 && "Searching."}
        {isAsked && missing.length > 0 && <b>{notLookedUp(missing)}</b>}
        {isAsked && !isBusy && missing.length === 0 && items.length === 0 && nothing(query.trim())}
        {isAsked && isPerson(query.trim()) && PEOPLE}
        {!isAsked && "A name, an id, a file, or the beginning of a code’s id."}
      </p>
    </Modal>
  );
}

function notLookedUp(missing: Found["missing"]): string {
  const what = missing.join(" and ");
  return `${what.slice(0, 1).toUpperCase()}${what.slice(1)} could not be searched: there may be more results.`;
}

const nothing = (query: string): string => `Nothing matches “${query}”.`;

const PEOPLE = " People are found on the page of a program or of a job, by its search.";
const isPerson = (query: string): boolean => isEmail(query) || isPhone(query);

const NOTHING: Found = { items: [], missing: [] };

/** The programs at once; jobs and codes once the worker has found them. */
function useFound(query: string): Found & { isBusy: boolean } {
  const programs = usePrograms().value?.programs ?? [];
  const nameOf = useNames();
  const names = useRef(nameOf);
  names.current = nameOf;
  const isLost = useStore(offlineSince) !== null;
  const [asked, setAsked] = useState<Found & { query: string }>({ query: "", ...NOTHING });
  useEffect(() => {
    if (query === "") return undefined;
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      const about = { nameOf: (id: string) => names.current(id), signal: stop.signal };
      const found = await findAtWorker(query, about);
      if (!stop.signal.aborted) setAsked({ query, ...found });
    }, QUIET_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
    // Failed searches are repeated once the worker responds again.
  }, [query, isLost]);
  if (query === "") return { ...NOTHING, isBusy: false };
  const isBusy = asked.query !== query;
  const { items, missing } = isBusy ? NOTHING : asked;
  return { items: [...findPrograms(query, programs), ...items], missing, isBusy };
}
