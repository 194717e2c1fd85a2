/** Small parts that more than one screen uses. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { useNow } from "../clock.js";
import { dateTime, iso, since } from "../format.js";
import { PROGRAM_STATUS, SENTENCES, type State } from "../words.js";
import { CheckIcon, CopyIcon, StateSign, WarningIcon } from "./icons.js";

/** A state, in its one word, with its sentence. */
export function StatePill({ state }: { state: State }) {
  return (
    <Hint text={SENTENCES[state]}>
      <span class={`pill state-${state}`}>
        <StateSign state={state} />
        {state}
      </span>
    </Hint>
  );
}

export function ProgramStatus({ status }: { status: string | null }) {
  const known = status === null ? undefined : PROGRAM_STATUS[status];
  return (
    <span
      class={`pill status-${(status ?? "none").toLowerCase()}`}
      title={known?.sentence ?? "Uber did not give a status that is known here."}
    >
      <StateSign state={status ?? ""} />
      {known?.label ?? status ?? "Not given"}
    </span>
  );
}

/** A word with its sentence: on hover, on focus, and for a screen reader. */
export function Hint({ text, children }: { text: string; children: ComponentChildren }) {
  return (
    <span class="hint" tabIndex={0}>
      {children}
      <span class="hint-text" role="tooltip">
        {text}
      </span>
    </span>
  );
}

/** A moment in the admin's zone, with the ISO time in the title. */
export function Moment({ ms }: { ms: number }) {
  return (
    <time dateTime={iso(ms)} title={iso(ms)}>
      {dateTime(ms)}
    </time>
  );
}

export function Ago({ ms }: { ms: number }) {
  const now = useNow();
  return (
    <time dateTime={iso(ms)} title={`${dateTime(ms)} · ${iso(ms)}`}>
      {since(ms, Math.max(now, ms))}
    </time>
  );
}

export function Copy({ text, label }: { text: string; label: string }) {
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState("copied");
    } catch {
      setState("failed");
    }
    setTimeout(() => setState("idle"), 2_000);
  };
  const said = { idle: label, copied: "Copied", failed: "Select and copy it" }[state];
  return (
    <button type="button" class="copy" onClick={() => void copy()} title={said} aria-label={said}>
      {state === "copied" ? <CheckIcon /> : <CopyIcon />}
    </button>
  );
}

/** The code of an error: small, and there to be passed on. */
export function ErrorCode({ code, status }: { code: string; status: number | null }) {
  const text = status === null ? code : `${code} · ${status}`;
  return (
    <span class="error-code">
      <code>{text}</code>
      <Copy text={text} label="Copy the code of the error" />
    </span>
  );
}

export function Callout({
  tone,
  title,
  children,
}: {
  tone: "note" | "unknown" | "rejected";
  title?: ComponentChildren;
  children?: ComponentChildren;
}) {
  return (
    <div class={`callout callout-${tone}`}>
      {tone !== "note" && <WarningIcon />}
      <div>
        {title && <p class="callout-title">{title}</p>}
        {children}
      </div>
    </div>
  );
}

export function Key({ children }: { children: string }) {
  return <kbd>{children}</kbd>;
}
