/** A job that may have been created or not: asked for once more with other choices, it would be a second one. */
import { useRef } from "preact/hooks";

import { isLost } from "../explain.js";
import type { WorkerError } from "../server/error.js";

/**
 * `lookAgain` asks the worker what there is by now. Pressed again with the same choices, the button leads
 * to the same job; so whoever makes others is first shown whether that job exists.
 */
export function useLostOrder(lookAgain: () => void) {
  const isOpen = useRef(false);
  return {
    /** The creation failed. */
    note(problem: WorkerError): void {
      isOpen.current = isLost(problem);
    },
    /** Something else is chosen. */
    change(): void {
      if (isOpen.current) lookAgain();
      isOpen.current = false;
    },
  };
}
