/** The top of every screen: the navigation, the Uber environment, and the pause of everything. */
import { useEffect, useRef, useState } from "preact/hooks";

import { announce } from "../announce.js";
import { useBlocked } from "../parts/action-button.js";
import { PauseIcon, ResumeIcon, TicketIcon } from "../parts/icons.js";
import { Link, paths, useRoute } from "../router.js";
import { pauseEverything } from "../server/config.js";
import { toWorkerError } from "../server/error.js";
import { signOut } from "../server/session.js";
import type { Config } from "../server/types.js";
import { showFinder } from "./finder.js";
import { showKeys } from "./keys.js";
import { toggleSandbox } from "./sandbox-panel.js";
import { Waiting } from "./waiting.js";

export function Top({ config }: { config: Config | null }) {
  const { screen } = useRoute();
  return (
    <header class="top">
      <div class="top-inner">
        <Link to={paths.programs} class="brand" label="Vouchers">
          <TicketIcon />
          <span class="brand-name">Vouchers</span>
        </Link>
        <nav class="nav" aria-label="Screens">
          <Link to={paths.programs} isCurrent={screen === "programs"}>
            Programs
            <Waiting />
          </Link>
          <Link to={paths.history} isCurrent={screen === "history"}>
            History
          </Link>
          <Link to={paths.events} isCurrent={screen === "events"}>
            Events
          </Link>
        </nav>
        <Side config={config} />
        {config && <PauseAll isPaused={config.paused} />}
        <Menu config={config} />
      </div>
    </header>
  );
}

/** The Uber environment: whether real people are reached. */
function Side({ config }: { config: Config | null }) {
  if (config === null) return <span class="side" />;
  const { environment, host, tokenHost } = config;
  if (environment === "sandbox") {
    return (
      <button
        type="button"
        class="side side-sandbox"
        title="Everything stays on this machine. Opens the sandbox’s settings."
        onClick={toggleSandbox}
      >
        Sandbox
      </button>
    );
  }
  const isProduction = host === "api.uber.com";
  return (
    <span
      class="side side-uber"
      title={`Real messages to real people: ${host}, with tokens of ${tokenHost}.`}
    >
      {isProduction ? "Uber production" : `Uber at ${host}`}
    </span>
  );
}

function PauseAll({ isPaused }: { isPaused: boolean }) {
  const [isBusy, setBusy] = useState(false);
  const blocked = useBlocked();
  const act = async () => {
    if (blocked !== null) announce(blocked);
    if (isBusy || blocked !== null) return;
    setBusy(true);
    try {
      await pauseEverything(!isPaused);
    } catch (error) {
      announce(`${toWorkerError(error).message}. Nothing has changed.`);
    }
    setBusy(false);
  };
  const label = isPaused ? "Resume everything" : "Pause everything";
  return (
    <button
      type="button"
      class="button button-small pause-all"
      aria-label={label}
      aria-disabled={isBusy || blocked !== null}
      title={
        blocked ??
        (isPaused
          ? "Every running job of every program continues."
          : "Nothing more is sent, for any program, until you resume. Uber’s reports are still applied.")
      }
      onClick={() => void act()}
    >
      {isPaused ? <ResumeIcon /> : <PauseIcon />}
      <span class="pause-all-text">{label}</span>
    </button>
  );
}

function Menu({ config }: { config: Config | null }) {
  const details = useRef<HTMLDetailsElement>(null);
  const blocked = useBlocked();
  useEffect(() => {
    const close = (event: Event) => {
      const { current } = details;
      if (current?.open && !current.contains(event.target as Node)) current.open = false;
    };
    const escape = (event: KeyboardEvent) => {
      const { current } = details;
      if (event.key !== "Escape" || !current?.open) return;
      current.open = false;
      current.querySelector("summary")?.focus();
    };
    addEventListener("click", close);
    addEventListener("keydown", escape);
    return () => {
      removeEventListener("click", close);
      removeEventListener("keydown", escape);
    };
  }, []);
  const choose = (act: () => void) => () => {
    if (details.current) details.current.open = false;
    act();
  };
  return (
    <details class="menu" ref={details}>
      <summary aria-label="You and this console">
        <span aria-hidden="true">{(config?.operator ?? "?").slice(0, 1).toUpperCase()}</span>
      </summary>
      <div class="menu-list card">
        {config && (
          <p class="menu-who">
            Signed in as <b>{config.operator}</b>
            {config.by === "access" && <span class="quiet"> with Access</span>}
          </p>
        )}
        <button type="button" onClick={choose(showKeys)}>
          Keys <kbd>?</kbd>
        </button>
        <button type="button" onClick={choose(showFinder)}>
          Find <kbd>⌘K</kbd>
        </button>
        {config?.by === "token" ? (
          <button
            type="button"
            aria-disabled={blocked !== null}
            {...(blocked === null ? {} : { title: blocked })}
            onClick={choose(() =>
              blocked === null ? void signOut().catch(toldLost) : announce(blocked),
            )}
          >
            Sign out
          </button>
        ) : (
          <a href="/cdn-cgi/access/logout">Sign out</a>
        )}
      </div>
    </details>
  );
}

const toldLost = (error: unknown) =>
  announce(`${toWorkerError(error).message}. You are still signed in.`);
