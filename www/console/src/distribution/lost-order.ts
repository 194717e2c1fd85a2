/**
 * A request whose response was lost, so that its job may exist or not. If it is repeated with other
 * choices, it creates a second job.
 */
import { useRef } from "preact/hooks";

import { isLost } from "../explain.js";
import type { WorkerError } from "../server/error.js";

/**
 * `lookAgain` asks the worker for the current state. If the button is pressed again with the same
 * choices, it leads to the same job; before other choices are sent, the admin is shown whether that
 * job exists.
 */
export function useLostRequest(lookAgain: () => void) {
  const isOpen = useRef(false);
  return {
    /** Call it when the creation failed. */
    note(problem: WorkerError): void {
      isOpen.current = isLost(problem);
    },
    /** Call it when another choice is made. */
    change(): void {
      if (isOpen.current) lookAgain();
      isOpen.current = false;
    },
  };
}
