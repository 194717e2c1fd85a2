/** What an event settled, in words. */
import { codes, count } from "../format.js";
import type { EventSummary } from "../server/types.js";

export function settledInWords({ status, outcomes, settled, error }: EventSummary): string {
  if (error) return error.message;
  if (status === "unread") return "Nothing could be read";
  if (outcomes === 0) return "Nothing to read";
  const read = count(outcomes, "outcome");
  if (settled === null) return read;
  return settled === 0 ? `${read}, known before` : `${read}, ${codes(settled)} settled`;
}
