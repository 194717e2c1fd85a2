/** The platform's own modal dialog: it keeps the focus inside, and Escape closes it. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

import { session } from "../server/session-state.js";
import { useStore } from "../store.js";

interface Props {
  /** The id of its title. */
  labelledBy: string;
  /** The id of its description. */
  describedBy?: string;
  onClose(): void;
  children: ComponentChildren;
}

/** It is open while it exists and somebody is signed in: it would cover the sign-in. */
export function Modal({ labelledBy, describedBy, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const latest = useRef(onClose);
  latest.current = onClose;
  const isOpen = useStore(session).state === "in";
  useLayoutEffect(() => {
    const { current } = dialog;
    if (current === null) return undefined;
    const close = () => {
      if (session.get().state === "in") latest.current();
    };
    const click = (event: MouseEvent) => {
      // The body fills the dialog, so a click outside it hits the backdrop.
      if (event.target === current) current.close();
    };
    current.addEventListener("close", close);
    current.addEventListener("click", click);
    return () => {
      current.removeEventListener("close", close);
      current.removeEventListener("click", click);
      current.close();
    };
  }, []);
  useLayoutEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  const described = describedBy === undefined ? {} : { "aria-describedby": describedBy };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={labelledBy} {...described}>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}
