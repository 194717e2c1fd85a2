/** The frame around every screen, and the choice of the screen. */
import { useEffect } from "preact/hooks";

import { announcement } from "./announce.js";
import { Disconnected } from "./frame/disconnected.js";
import { EverythingPaused } from "./frame/everything-paused.js";
import { Finder } from "./frame/finder.js";
import { KeyList, useKey } from "./frame/keys.js";
import { Notices } from "./frame/notices.js";
import { SandboxPanel } from "./frame/sandbox-panel.js";
import { SignIn } from "./frame/sign-in.js";
import { StartWindows } from "./frame/start-window.js";
import { Top } from "./frame/top.js";
import { UnreadEvents } from "./frame/unread-events.js";
import { keepFocus } from "./parts/keep-focus.js";
import { Link, type Route, navigate, paths, useRoute } from "./router.js";
import { Event } from "./screens/event.js";
import { Events } from "./screens/events.js";
import { AllCodes } from "./screens/all-codes.js";
import { History } from "./screens/history.js";
import { Job } from "./screens/job.js";
import { NewDistribution } from "./screens/new-distribution.js";
import { Program } from "./screens/program.js";
import { Programs } from "./screens/programs.js";
import { SeveralPrograms } from "./screens/several-programs.js";
import { useConfig } from "./server/config.js";
import { watchConnection } from "./server/connection.js";
import { watchResources } from "./server/resource.js";
import { session } from "./server/session-state.js";
import { continueAs, watchSession } from "./server/session.js";
import { useStore } from "./store.js";

export function App() {
  const state = useStore(session);
  // Somebody who is signed out sees the sign-in, and returns to the same screen afterwards.
  const isKept = state.state === "in" || (state.state === "out" && state.wasIn);
  const isOut = state.state === "out";
  const config = useConfig();
  const operator = config?.operator;
  useEffect(() => {
    if (operator !== undefined) continueAs(operator);
  }, [operator]);
  useEffect(() => {
    watchConnection();
    watchSession();
    keepFocus();
    watchResources();
    // A file that is dropped outside the drop zone must not replace the page.
    const keep = (event: DragEvent) => event.preventDefault();
    addEventListener("dragover", keep);
    addEventListener("drop", keep);
  }, []);
  useKey("g", () => navigate(paths.programs));
  useKey("h", () => navigate(paths.history));
  useKey("e", () => navigate(paths.events));

  return (
    <>
      {isOut && <SignIn methods={state.methods} wasIn={state.wasIn} />}
      {isKept && (
        <div class="frame" hidden={isOut}>
          <a class="skip" href="#main">
            Skip to the content
          </a>
          <Top config={config} />
          {config?.paused && <EverythingPaused />}
          <StartWindows />
          <UnreadEvents />
          <Disconnected />
          <main id="main" tabIndex={-1}>
            {/* Its address and a list that was read are kept; recipients are not. */}
            {!isOut && <Screen />}
          </main>
          {config?.environment === "sandbox" && <SandboxPanel />}
          <KeyList />
          <Finder />
          <Notices />
        </div>
      )}
      {state.state === "asking" && <Disconnected />}
      <p class="visually-hidden" role="status" aria-live="polite">
        {useStore(announcement)}
      </p>
    </>
  );
}

function Screen() {
  const route: Route = useRoute();
  switch (route.screen) {
    case "programs":
      return <Programs />;
    case "program":
      return <Program key={route.programId} programId={route.programId} />;
    case "new":
      return <NewDistribution key={route.programId} programId={route.programId} />;
    case "everybody":
      return <AllCodes key={route.programId} programId={route.programId} />;
    case "several":
      return <SeveralPrograms />;
    case "job":
      return <Job key={route.jobId} programId={route.programId} jobId={route.jobId} />;
    case "history":
      return <History />;
    case "events":
      return <Events key={String(route.isUnread)} isUnread={route.isUnread} />;
    case "event":
      return <Event key={route.eventId} eventId={route.eventId} />;
    case "none":
      return (
        <div class="page page-narrow">
          <h1>This page does not exist</h1>
          <p class="lead">The address may be incomplete.</p>
          <p class="lead">
            <Link to={paths.programs}>Back to the programs</Link>
          </p>
        </div>
      );
  }
}
