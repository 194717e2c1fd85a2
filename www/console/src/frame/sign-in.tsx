/** The sign-in. Afterwards the same screen is shown. */
import { useEffect, useRef, useState } from "preact/hooks";

import { announce } from "../announce.js";
import { useBlocked } from "../parts/action-button.js";
import { TicketIcon } from "../parts/icons.js";
import { ErrorCode } from "../parts/small.js";
import { useClearedWhenBack } from "../parts/use-action.js";
import { type WorkerError, toWorkerError } from "../server/error.js";
import { signIn } from "../server/session.js";
import type { Method } from "../server/session-state.js";

export function SignIn({ methods, wasIn }: { methods: readonly Method[]; wasIn: boolean }) {
  useEffect(() => {
    document.title = "Sign in · Vouchers";
    announce(wasIn ? "Your session has ended. Sign in again." : "Sign in.");
  }, [wasIn]);
  return (
    <main class="sign-in">
      <div class="card sign-in-card">
        <TicketIcon />
        <h1>{wasIn ? "Your session has ended" : "Sign in"}</h1>
        <p class="lead">
          {wasIn
            ? "Sign in again to continue where you left off. Jobs keep running meanwhile."
            : "This console distributes Uber vouchers to real people."}
        </p>
        {methods.includes("token") ? <TokenForm /> : <ByAccess />}
      </div>
    </main>
  );
}

function TokenForm() {
  const field = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<WorkerError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const blocked = useBlocked();
  useClearedWhenBack(setProblem);
  useEffect(() => field.current?.focus(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    const token = field.current?.value.trim() ?? "";
    if (blocked !== null) announce(blocked);
    if (token === "" || isBusy || blocked !== null) return;
    setBusy(true);
    setProblem(null);
    try {
      await signIn(token);
    } catch (error) {
      setProblem(toWorkerError(error));
      field.current?.select();
    }
    setBusy(false);
  };
  return (
    <form class="sign-in-form" onSubmit={(event) => void submit(event)}>
      <label for="token">Admin token, or your own</label>
      <input
        id="token"
        ref={field}
        type="password"
        autocomplete="current-password"
        spellcheck={false}
        required
        aria-invalid={problem !== null}
        aria-describedby="token-help"
      />
      <p id="token-help" class="quiet">
        It is <code>ADMIN_TOKEN</code>, or yours in <code>OPERATOR_TOKENS</code>, where the worker
        runs. A session lasts 12 hours.
      </p>
      {problem !== null && (
        <div class="sign-in-problem" role="alert">
          <p>
            {problem.message}. {problem.code === "wrong_token" ? "Try again." : problem.hint}
          </p>
          <ErrorCode code={problem.code} status={problem.status} />
        </div>
      )}
      {blocked !== null && <p class="quiet">{blocked}</p>}
      <button
        type="submit"
        class="button button-strong button-wide"
        aria-disabled={isBusy || blocked !== null}
      >
        {isBusy ? "Signing in" : "Sign in"}
      </button>
    </form>
  );
}

function ByAccess() {
  return (
    <>
      <p>
        This console uses Cloudflare Access. You are not signed in there, or the session has ended.
      </p>
      <button
        type="button"
        class="button button-strong button-wide"
        onClick={() => location.reload()}
      >
        Sign in with Cloudflare Access
      </button>
    </>
  );
}
