/** Makes the worker read events again, and shows the progress. */
import { number } from "../format.js";
import { type WorkerError } from "../server/error.js";
import { rereadEvents, useUnread } from "../server/events.js";
import { useAction } from "../parts/use-action.js";

export function useReadAgain(scope: "unread" | "all"): {
  /** The text of the button. */
  label: string;
  isBusy: boolean;
  problem: WorkerError | null;
  readAgain(): void;
} {
  const { value } = useUnread();
  const { isBusy, problem, act } = useAction();
  const { rereading = null } = value ?? {};
  return {
    label:
      rereading === null
        ? scope === "all"
          ? "Read all again"
          : "Read again"
        : `Reading again: ${number(rereading.done)} of ${number(rereading.total)}`,
    isBusy: isBusy || rereading !== null,
    problem,
    readAgain: () => {
      if (rereading === null) act(() => rereadEvents(scope));
    },
  };
}
