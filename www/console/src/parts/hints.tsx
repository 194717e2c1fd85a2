/**
 * Words with explanations. Several of them are one tab stop, and the arrow keys move among them.
 */
import { type ComponentChildren, type RefObject, createContext } from "preact";
import { useContext, useId, useRef, useState } from "preact/hooks";

interface Group {
  first: RefObject<string | null>;
  /** The one with the tab stop; `null` for the first. */
  current: string | null;
  setCurrent(id: string): void;
}

const GroupContext = createContext<Group | null>(null);

const STEPS: Record<string, 1 | -1> = {
  ArrowRight: 1,
  ArrowDown: 1,
  ArrowLeft: -1,
  ArrowUp: -1,
};

/** A list of counts, each with its hint. */
export function Hints({
  label,
  class: name,
  children,
}: {
  label: string;
  class: string;
  children: ComponentChildren;
}) {
  const list = useRef<HTMLDListElement>(null);
  const first = useRef<string | null>(null);
  const [current, setCurrent] = useState<string | null>(null);
  const pressed = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    const hints = [...(list.current?.querySelectorAll<HTMLElement>(".hint") ?? [])];
    const next = hints[hints.indexOf(event.target as HTMLElement) + (step ?? 0)];
    if (step === undefined || next === undefined) return;
    event.preventDefault();
    next.focus();
  };
  return (
    <GroupContext.Provider value={{ first, current, setCurrent }}>
      <dl class={name} aria-label={label} ref={list} onKeyDown={pressed}>
        {children}
      </dl>
    </GroupContext.Provider>
  );
}

/** A word with its explanation: on hover, on focus, and for a screen reader. */
export function Hint({ text, children }: { text: string; children: ComponentChildren }) {
  const id = useId();
  const group = useContext(GroupContext);
  if (group) group.first.current ??= id;
  const isStop = group === null || (group.current ?? group.first.current) === id;
  return (
    <span class="hint" tabIndex={isStop ? 0 : -1} onFocus={() => group?.setCurrent(id)}>
      {children}
      <span class="hint-text" role="tooltip">
        {text}
      </span>
    </span>
  );
}
