/** What the sandbox does in Uber's stead, and a way to have it do something else. */
import { useState } from "preact/hooks";

import { number } from "../format.js";
import { type WorkerError, toWorkerError } from "../server/error.js";
import { configureSandbox, useSandbox } from "../server/sandbox.js";
import type { SandboxSettings } from "../server/types.js";
import { createStore, useStore } from "../store.js";

const isOpen = createStore(false);
export const toggleSandbox = (): void => isOpen.set(!isOpen.get());

/** What can be seen with each, in an admin's words. */
const FAULTS: [name: string, label: string][] = [
  ["lost_after", "The connection breaks after sending"],
  ["error_after", "Uber fails although it queued"],
  ["error_partial", "Uber fails, a part was queued"],
  ["bad_request", "Uber refuses the request"],
  ["rate_limited", "Uber asks to wait"],
  ["webhook_lost", "A report never comes"],
  ["webhook_duplicated", "A report comes twice"],
  ["webhook_reordered", "A report comes late"],
];
const RATES = [0, 1, 5, 20, 100, 1_000];
const SHARES = [0, 0.03, 0.1, 0.25, 0.5, 1];

export function SandboxPanel() {
  return useStore(isOpen) ? <Panel /> : null;
}

function Panel() {
  const { value, problem } = useSandbox();
  const [refused, setRefused] = useState<WorkerError | null>(null);
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
      <p class="quiet">It stands in Uber’s place. Nothing leaves this machine.</p>
      {failed && <p role="alert">{failed.message}</p>}
      {value && <Settings settings={value} set={set} />}
    </aside>
  );
}

type Set = (
  settings: Partial<Pick<SandboxSettings, "webhooksPerSecond" | "failureRate" | "faults">>,
) => void;

function Settings({ settings, set }: { settings: SandboxSettings; set: Set }) {
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
      <h3 id="sandbox-faults">How often it goes wrong</h3>
      <div role="group" aria-labelledby="sandbox-faults">
        {FAULTS.map(([name, label]) => (
          <Choice
            key={name}
            label={label}
            value={faults[name] ?? 0}
            options={[0, 0.1, 0.25, 0.5, 1]}
            show={(share) => (share === 0 ? "never" : percent(share))}
            onChoose={(share) => set({ faults: { [name]: share } })}
          />
        ))}
      </div>
    </>
  );
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

function Choice({
  label,
  value,
  options,
  show,
  onChoose,
}: {
  label: string;
  value: number;
  options: number[];
  show(option: number): string;
  onChoose(option: number): void;
}) {
  const all = options.includes(value) ? options : [...options, value].sort((a, b) => a - b);
  return (
    <label class="sandbox-choice">
      <span>{label}</span>
      <select
        value={String(value)}
        onChange={(event) => onChoose(Number(event.currentTarget.value))}
      >
        {all.map((option) => (
          <option key={option} value={String(option)}>
            {show(option)}
          </option>
        ))}
      </select>
    </label>
  );
}
