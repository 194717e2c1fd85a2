/** The frame around every screen. */
import { useEffect } from "preact/hooks";

import { announcement } from "./announce.js";
import { config, loadPrograms, programs } from "./api.js";
import { lostSince, watchConnection } from "./connection.js";
import { timeOfDay } from "./format.js";
import { TicketIcon } from "./parts/icons.js";
import { KeyList, showKeys, useKey } from "./parts/keys.js";
import { Link, type Route, navigate, paths, useRoute } from "./router.js";
import { Distribution } from "./screens/distribution.js";
import { NewDistribution } from "./screens/new-distribution.js";
import { Programs } from "./screens/programs.js";
import { useStore } from "./store.js";

export function App() {
  const route = useRoute();
  const lost = useStore(lostSince);
  useEffect(() => {
    watchConnection();
    // A file that misses its zone must not replace the page.
    const keep = (event: DragEvent) => event.preventDefault();
    addEventListener("dragover", keep);
    addEventListener("drop", keep);
  }, []);
  // At first, and when the connection mends itself.
  useEffect(() => {
    if (lost === null) void loadPrograms();
  }, [lost]);
  useKey("g", () => navigate(paths.programs()));

  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <div class="top-inner">
          <Link to={paths.programs()} class="brand">
            <TicketIcon />
            <span>Vouchers</span>
          </Link>
          <Side />
          <button
            type="button"
            class="button-quiet keys-button"
            onClick={showKeys}
            aria-label="List of keys"
          >
            ?
          </button>
        </div>
      </header>
      <Disconnected />
      <main id="main" tabIndex={-1}>
        <Screen route={route} />
      </main>
      <KeyList />
      <p class="unseen" role="status" aria-live="polite">
        {useStore(announcement)}
      </p>
    </>
  );
}

function Screen({ route }: { route: Route }) {
  switch (route.screen) {
    case "programs":
      return <Programs />;
    case "new":
      return <NewDistribution key={route.programId} programId={route.programId} />;
    case "distribution":
      return <Distribution key={route.sendId} {...route} />;
    case "none":
      return (
        <div class="page page-narrow">
          <h1>There is nothing here</h1>
          <p class="lead">The address may be incomplete.</p>
          <Link to={paths.programs()} class="button">
            Back to the programs
          </Link>
        </div>
      );
  }
}

/** Which side is behind: whether what is done here reaches anybody. */
function Side() {
  const { value } = useStore(config);
  if (value === null) return <span class="side side-none" />;
  const { environment, host } = value;
  if (environment === "sandbox") {
    return (
      <span class="side side-sandbox">
        <b>Sandbox</b>
        <span class="side-more">nothing leaves this machine</span>
      </span>
    );
  }
  const isProduction = host === "api.uber.com";
  return (
    <span class="side side-uber">
      <b>{isProduction ? "Uber production" : `Uber at ${host}`}</b>
      <span class="side-more">
        {isProduction ? "real messages to real people" : "take every message for real"}
      </span>
    </span>
  );
}

function Disconnected() {
  const lost = useStore(lostSince);
  const { at } = useStore(programs);
  if (lost === null) return null;
  return (
    <p class="disconnected" role="status">
      <b>Disconnected since {timeOfDay(lost)}.</b>{" "}
      {at !== null && at < lost ? `What you see was true at ${timeOfDay(at)}. ` : ""}
      Nothing can be sent. Trying again every few seconds.
    </p>
  );
}
