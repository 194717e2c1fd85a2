/** The platform's own modal dialog: it keeps the focus in, and Escape closes it. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface Props {
  /** The id of its title. */
  labelledBy: string;
  /** The id of what it says. */
  describedBy?: string;
  onClose(): void;
  children: ComponentChildren;
}

/** Open for as long as it is there. */
export function Modal({ labelledBy, describedBy, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const latest = useRef(onClose);
  latest.current = onClose;
  useLayoutEffect(() => {
    const { current } = dialog;
    if (current === null) return undefined;
    const close = () => latest.current();
    const click = (event: MouseEvent) => {
      // Its body fills it: what is hit beside that is the backdrop.
      if (event.target === current) current.close();
    };
    current.addEventListener("close", close);
    current.addEventListener("click", click);
    current.showModal();
    return () => {
      current.removeEventListener("close", close);
      current.removeEventListener("click", click);
      current.close();
    };
  }, []);
  const described = describedBy === undefined ? {} : { "aria-describedby": describedBy };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={labelledBy} {...described}>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}
