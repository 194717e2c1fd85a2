/** A button that changes something at the worker: it says why where it can't be pressed. */
import type { ComponentChildren } from "preact";

import { announce } from "../announce.js";
import { lostSince } from "../server/connection.js";
import { useStore } from "../store.js";

export const DISCONNECTED = "Disconnected: this works again once the connection is back.";

/** Why nothing can be changed now; `null` while it can. */
export const useBlocked = (): string | null => (useStore(lostSince) === null ? null : DISCONNECTED);

interface Props {
  class?: string;
  isBusy?: boolean;
  /** Another reason why it can't be pressed. */
  blocked?: string | null;
  onClick(): void;
  children: ComponentChildren;
}

export function ActionButton({
  class: name = "",
  isBusy = false,
  blocked = null,
  onClick,
  children,
}: Props) {
  const disconnected = useBlocked();
  const reason = disconnected ?? blocked;
  return (
    <button
      type="button"
      class={`button ${name}`}
      aria-disabled={isBusy || reason !== null}
      {...(reason === null ? {} : { title: reason })}
      onClick={() => {
        if (reason !== null) announce(reason);
        else if (!isBusy) onClick();
      }}
    >
      {children}
    </button>
  );
}
