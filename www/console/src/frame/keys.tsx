/** Keyboard shortcuts that work everywhere, and the list of them. */
import { useEffect, useRef } from "preact/hooks";

import { session } from "../server/session-state.js";
import { createStore, useStore } from "../store.js";
import { Modal } from "../parts/modal.js";
import { Key } from "../parts/small.js";

const isListed = createStore(false);
export const showKeys = (): void => isListed.set(true);

/** What each key does; of several components, what the newest one wants. */
const acts = new Map<string, { current: () => unknown }[]>();

/** Calls `act` for a key pressed outside any field or dialog; `null`: for none. */
export function useKey(key: string | null, act: () => unknown): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    if (key === null) return undefined;
    const name = key.toLowerCase();
    acts.set(name, [...(acts.get(name) ?? []), latest]);
    return () => void acts.set(name, acts.get(name)?.filter((one) => one !== latest) ?? []);
  }, [key]);
}

addEventListener("keydown", (event: KeyboardEvent) => {
  const newest = acts.get(event.key.toLowerCase())?.at(-1);
  if (newest === undefined || event.metaKey || event.ctrlKey || event.altKey) return;
  if (session.get().state === "out") return;
  const target = event.target as HTMLElement;
  if (target.closest("input, textarea, select, [contenteditable], dialog[open]")) return;
  event.preventDefault();
  newest.current();
});

const KEYS: [string[], string][] = [
  [["⌘K", "Ctrl K"], "Find a program, a job or a code"],
  [["/"], "Search on this screen"],
  [["↑", "↓"], "Move through a list"],
  [["Enter"], "Open the chosen item"],
  [["Space"], "Select a code; with Shift, a range"],
  [["A"], "Select all shown codes"],
  [["N"], "New distribution"],
  [["O"], "Choose a file"],
  [["P"], "Paste codes; on a job: pause it"],
  [["R"], "Resume the job that is open, if it is paused"],
  [["C"], "Cancel the job that is about to start"],
  [["D"], "Download the results of the job that is open"],
  [["G"], "Programs"],
  [["H"], "History"],
  [["E"], "Events"],
  [["Esc"], "Close, or clear"],
  [["?"], "This list"],
];

export function KeyList() {
  const open = useStore(isListed);
  const close = () => isListed.set(false);
  useKey("?", showKeys);
  if (!open) return null;
  return (
    <Modal labelledBy="keys-title" onClose={close}>
      <h2 id="keys-title">Keys</h2>
      <dl class="keys">
        {KEYS.map(([keys, does]) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <Key key={key}>{key}</Key>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={close}>
          Close
        </button>
      </div>
    </Modal>
  );
}
