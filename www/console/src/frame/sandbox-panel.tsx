/** The settings of the sandbox that replaces Uber. */
import { useState } from "preact/hooks";

import { dateTime, number } from "../format.js";
import { useBlocked } from "../parts/action-button.js";
import { useClearedWhenBack } from "../parts/use-action.js";
import { type WorkerError, toWorkerError } from "../server/error.js";
import { configureSandbox, useSandbox } from "../server/sandbox.js";
import type {
  SandboxChange,
  SandboxEventForm,
  SandboxFault,
  SandboxState,
} from "../server/types.js";
import { createStore, useStore } from "../store.js";
import { Choice } from "./choice.js";

const isOpen = createStore(false);
export const toggleSandbox = (): void => isOpen.set(!isOpen.get());

/** What each fault shows, in an admin's words. */
const FAULTS: [name: SandboxFault, label: string][] = [
  ["lost_after", "The connection breaks after sending"],
  ["error_after", "Uber fails after queueing"],
  ["error_partial", "Uber fails after queueing a part"],
  ["bad_request", "Uber refuses the request"],
  ["rate_limited", "Uber asks to wait"],
  ["webhook_lost", "A report is lost"],
  ["webhook_duplicated", "A report arrives twice"],
  ["webhook_reordered", "A report arrives late"],
];
const RATES = [0, 1, 5, 20, 100, 1_000];
const SHARES = [0, 0.03, 0.1, 0.25, 0.5, 1];
const USE_SHARES = [0, 0.1, 0.3, 0.5, 1];
const FAULT_SHARES = [0, 0.1, 0.25, 0.5, 1];

/** It is undocumented which of these forms Uber's event has. */
const FORMS: Record<SandboxEventForm, string> = {
  batch: "a batch each",
  code: "a code each",
  failures: "failures only",
  opaque: "opaque: nothing readable",
};

const HOUR_MS = 60 * 60 * 1_000;
const STEPS: [label: string, ms: number][] = [
  ["1 hour", HOUR_MS],
  ["1 day", 24 * HOUR_MS],
  ["3 days", 72 * HOUR_MS],
];

export function SandboxPanel() {
  return useStore(isOpen) ? <Panel /> : null;
}

function Panel() {
  const { value, problem } = useSandbox();
  const [refused, setRefused] = useState<WorkerError | null>(null);
  useClearedWhenBack(setRefused);
  const blocked = useBlocked();
  const set: Set = (settings) => {
    setRefused(null);
    void configureSandbox(settings).catch((error: unknown) => setRefused(toWorkerError(error)));
  };
  const failed = refused ?? (value === null ? problem : null);
  return (
    <aside class="sandbox card" aria-labelledby="sandbox-title">
      <div class="sandbox-head">
        <h2 id="sandbox-title">Sandbox</h2>
        <button type="button" class="button button-small" onClick={toggleSandbox}>
          Close
        </button>
      </div>
      <p class="quiet">It takes Uber’s place. Everything stays on this machine.</p>
      {failed && <p role="alert">{failed.message}</p>}
      {blocked && <p class="quiet">{blocked}</p>}
      {value && (
        <fieldset class="sandbox-settings" disabled={blocked !== null}>
          <Settings settings={value} set={set} />
        </fieldset>
      )}
    </aside>
  );
}

type Set = (change: SandboxChange) => void;

/** People use their codes in the days after they got them. */
function Time({ settings: { useRate, used, now }, set }: { settings: SandboxState; set: Set }) {
  return (
    <>
      <h3 id="sandbox-time">Advance the clock, so that people use their codes</h3>
      <dl class="sandbox-facts">
        <div>
          <dt>Codes used</dt>
          <dd>{number(used)}</dd>
        </div>
        <div>
          <dt>The sandbox’s time</dt>
          <dd>{dateTime(now)}</dd>
        </div>
      </dl>
      <Choice
        label="People who use theirs within three days"
        value={useRate}
        options={USE_SHARES}
        show={percent}
        onChoose={(share) => set({ useRate: share })}
      />
      <div class="sandbox-steps" role="group" aria-labelledby="sandbox-time">
        {STEPS.map(([label, advanceMs]) => (
          <button
            key={label}
            type="button"
            class="button button-small"
            onClick={() => set({ advanceMs })}
          >
            {label} on
          </button>
        ))}
      </div>
    </>
  );
}

function Settings({ settings, set }: { settings: SandboxState; set: Set }) {
  const { webhooksPerSecond, failureRate, faults, waiting, delivered, paused } = settings;
  return (
    <>
      <dl class="sandbox-facts">
        <div>
          <dt>Reports waiting</dt>
          <dd>{waiting === undefined ? "–" : number(waiting)}</dd>
        </div>
        <div>
          <dt>Reports delivered</dt>
          <dd>{number(delivered)}</dd>
        </div>
      </dl>
      <Choice
        label="Reports a second"
        value={webhooksPerSecond}
        options={RATES}
        show={(rate) => (rate === 0 ? "paused" : number(rate))}
        onChoose={(rate) => set({ webhooksPerSecond: rate })}
      />
      <button
        type="button"
        class="button button-small"
        onClick={() => set({ webhooksPerSecond: paused ? 20 : 0 })}
      >
        {paused ? "Resume reports" : "Pause reports"}
      </button>
      <Choice
        label="Codes reported as failed"
        value={failureRate}
        options={SHARES}
        show={percent}
        onChoose={(share) => set({ failureRate: share })}
      />
      <Choice
        label="Form of the event"
        value={settings.eventForm}
        options={Object.keys(FORMS) as SandboxEventForm[]}
        show={(form) => FORMS[form]}
        onChoose={(eventForm) => set({ eventForm })}
      />
      <Time settings={settings} set={set} />
      <h3 id="sandbox-faults">How often each fault happens</h3>
      <div role="group" aria-labelledby="sandbox-faults">
        {FAULTS.map(([name, label]) => (
          <Choice
            key={name}
            label={label}
            value={faults[name] ?? 0}
            options={FAULT_SHARES}
            show={(share) => (share === 0 ? "never" : percent(share))}
            onChoose={(share) => set({ faults: { [name]: share } })}
          />
        ))}
      </div>
    </>
  );
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
