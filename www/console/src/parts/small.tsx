/** Small components that several screens use. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { useNow } from "../clock.js";
import type { Explained } from "../explain.js";
import { dateTime, iso, shortDateTime, since } from "../format.js";
import { useConfig } from "../server/config.js";
import { useStartWindow } from "../server/start-window.js";
import type { JobSummary } from "../server/types.js";
import {
  HELD,
  PROGRAM_STATUS,
  SENTENCES,
  SILENT,
  type State,
  WAITING,
  type Word,
  jobWord,
} from "../words.js";
import { ActionButton } from "./action-button.js";
import { waitsUntil } from "./waits.js";
import { CheckIcon, CopyIcon, StateSign, WarningIcon } from "./icons.js";

export { Hint, Hints } from "./hints.js";

/** The word of a state. For links and rows, in which nothing else may take the focus. */
export function StateWord({ state, title }: { state: State; title?: string }) {
  return (
    <span class={`state-word text-${state}`} title={title ?? SENTENCES[state]}>
      <StateSign state={state} />
      {state}
    </span>
  );
}

/** The word of a job's status, with its explanation. */
export function JobPill({ job }: { job: JobSummary }) {
  const isEverythingPaused = useConfig()?.paused === true;
  // This page starts it.
  const isHeld = useStartWindow(job.id)?.isKept === false && job.status === "paused";
  return <Pill {...wordOf(isHeld ? { ...job, status: "scheduled" } : job, isEverythingPaused)} />;
}

function wordOf(job: JobSummary, isHeld: boolean): Word {
  const { status, progress, error } = job;
  if (status !== "running") return jobWord(status, progress);
  if (isHeld) return HELD;
  if (error?.code === "silent") return SILENT;
  if (waitsUntil(job, Date.now()) !== null) return WAITING;
  return jobWord(status, progress);
}

/** A word with its explanation, in its colour and with its icon. */
export function Pill({ word, sentence, tone, sign = `tone-${tone}` }: Word) {
  return (
    <span class={`pill tone-${tone}`} title={sentence}>
      <StateSign state={sign} />
      {word}
    </span>
  );
}

export function ProgramStatus({ status }: { status: string | null }) {
  const known = status === null ? undefined : PROGRAM_STATUS[status];
  return (
    <span
      class={`pill status-${(status ?? "none").toLowerCase()}`}
      title={known?.sentence ?? "Uber gave no known status."}
    >
      <StateSign state={status ?? ""} />
      {known?.label ?? status ?? "Not given"}
    </span>
  );
}

/** Replaces a title that is still being read, with a text for screen readers. */
export function TitleSkeleton() {
  return (
    <>
      <span class="skeleton skeleton-title" aria-hidden="true" />
      <span class="visually-hidden">Being read</span>
    </>
  );
}

/** The name of a program, which may be long, and in any script. */
export function ProgramTitle({ name, isLoading }: { name: string; isLoading: boolean }) {
  return (
    <h1 class="name-title" dir="auto" title={name}>
      {isLoading ? <TitleSkeleton /> : name}
    </h1>
  );
}

/** A time in the admin's time zone, with the ISO time in the title. */
export function Moment({ ms, isShort = false }: { ms: number; isShort?: boolean }) {
  return (
    <time dateTime={iso(ms)} title={isShort ? `${dateTime(ms)} · ${iso(ms)}` : iso(ms)}>
      {isShort ? shortDateTime(ms) : dateTime(ms)}
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

export function Copy({
  text,
  label,
  isNamed = false,
}: {
  text: string;
  label: string;
  /** The label is visible, not only for screen readers. */
  isNamed?: boolean;
}) {
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
  const icon = state === "copied" ? <CheckIcon /> : <CopyIcon />;
  if (isNamed) {
    return (
      <button type="button" class="button button-small" onClick={() => void copy()}>
        {icon} {said}
      </button>
    );
  }
  return (
    <button type="button" class="copy" onClick={() => void copy()} title={said} aria-label={said}>
      {icon}
    </button>
  );
}

/** The code of an error: small, to be passed on to support. */
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

/** What happened, what it means for the codes, what to do. */
export function Fault({
  explained,
  children,
}: {
  explained: Explained;
  children?: ComponentChildren;
}) {
  const { what, meaning, todo, code, status } = explained;
  return (
    <div role="alert">
      <Callout tone="rejected" title={`${what}.`}>
        <p>
          {meaning} {todo}
        </p>
        <p class="callout-code">
          <ErrorCode code={code} status={status} />
          {children}
        </p>
      </Callout>
    </div>
  );
}

/** Replaces content that could not be read. */
export function Unread({
  what,
  explained,
  onAgain,
}: {
  what: string;
  explained: Explained;
  onAgain(): void;
}) {
  return (
    <div class="card blank" role="alert">
      <p class="blank-title">{what} could not be read</p>
      <p>
        {explained.what}. {explained.todo}
      </p>
      <div class="blank-actions">
        <ActionButton onClick={onAgain}>Try again</ActionButton>
        <ErrorCode code={explained.code} status={explained.status} />
      </div>
    </div>
  );
}

export function Key({ children }: { children: string }) {
  return <kbd aria-hidden="true">{children}</kbd>;
}
