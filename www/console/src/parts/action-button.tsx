/** Buttons and downloads that need the worker; while they are disabled, they say why. */
import type { ComponentChildren, Ref } from "preact";

import { announce } from "../announce.js";
import { offlineSince } from "../server/connection.js";
import { useStore } from "../store.js";

export const DISCONNECTED = "Disconnected: this works again once the connection is back.";

/** Why nothing can be read or changed now; `null` if it can. */
export const useBlocked = (): string | null =>
  useStore(offlineSince) === null ? null : DISCONNECTED;

interface Props {
  class?: string;
  /** `button` is the default. */
  look?: "button" | "link" | "filter";
  isPressed?: boolean;
  isBusy?: boolean;
  /** Another reason why it is disabled. */
  blocked?: string | null;
  /** An explanation of what it does. */
  title?: string;
  onClick(): void;
  children: ComponentChildren;
}

export function ActionButton({
  class: name = "",
  look = "button",
  isPressed,
  isBusy = false,
  blocked = null,
  title,
  onClick,
  children,
}: Props) {
  const disconnected = useBlocked();
  const reason = disconnected ?? blocked;
  const explained = reason ?? title;
  return (
    <button
      type="button"
      class={`${look} ${name}`}
      aria-disabled={isBusy || reason !== null}
      {...(isPressed === undefined ? {} : { "aria-pressed": isPressed })}
      {...(explained === undefined ? {} : { title: explained })}
      onClick={() => {
        if (reason !== null) announce(reason);
        else if (!isBusy) onClick();
      }}
    >
      {children}
    </button>
  );
}

interface DownloadProps {
  class?: string;
  href: string;
  link?: Ref<HTMLAnchorElement>;
  children: ComponentChildren;
}

/** A file of the worker. */
export function Download({ class: name = "", href, link, children }: DownloadProps) {
  const reason = useBlocked();
  if (reason === null) {
    return (
      <a class={name} href={href} download {...(link && { ref: link })}>
        {children}
      </a>
    );
  }
  return (
    <a
      class={name}
      role="link"
      tabIndex={0}
      aria-disabled="true"
      title={reason}
      onClick={() => announce(reason)}
      {...(link && { ref: link })}
    >
      {children}
    </a>
  );
}
