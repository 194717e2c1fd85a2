/** Reads a signed event, with the current reader and option `outcomes`. */
import { ValidationError, WebhookError } from "../../errors.js";
import type { WebhookEvent, WebhookOptions, WebhookOutcome } from "../../webhook/webhook.js";
import { canonicalId, isProgramId } from "../http/routing.js";
import { logError } from "../log.js";
import { settings } from "../settings.js";
import type { EventSummary } from "../types.js";

const LONGEST_TYPE = 200;

export interface ReadEvent {
  type: string;
  /** In canonical form; `null` if the event names no valid id. */
  programId: string | null;
  status: EventSummary["status"];
  outcomes: readonly WebhookOutcome[];
  /** Whether the option `outcomes` returned them. */
  isByReader: boolean;
  /** Why it could not be read, without text from outside. */
  error: string | null;
  /** Whether it belongs to this organization, or names none. */
  isOurs: boolean;
}

/** Reads an event. A failure of `outcomes` does not make it invalid. */
export async function readEvent(
  read: (outcomes: WebhookOptions["outcomes"]) => Promise<WebhookEvent>,
  organizationId: string,
): Promise<ReadEvent> {
  let error: string | null = null;
  let event: WebhookEvent;
  try {
    event = await read(settings().outcomes).catch((fault: unknown) => {
      // Only `outcomes` is code from outside the worker.
      if (!(fault instanceof ValidationError)) throw fault;
      logError("outcomes", fault.cause ?? fault);
      error = `${fault.message.replace(/\.$/, "")}. See the worker's log.`;
      return read(undefined);
    });
  } catch (fault) {
    if (!(fault instanceof WebhookError && fault.code === "malformed_body")) throw fault;
    return {
      ...{ type: "", programId: null, isOurs: true, isByReader: false },
      ...{ status: "unread", outcomes: [], error: fault.message },
    };
  }
  const { programId } = event;
  // If the option fails, the package's reader might misread the form as outcomes.
  const outcomes = error === null ? event.outcomes : [];
  const isUnread = error !== null || event.unread;
  return {
    type: event.type.slice(0, LONGEST_TYPE),
    programId: programId !== null && isProgramId(programId) ? canonicalId(programId) : null,
    status: outcomes.length > 0 ? "read" : isUnread ? "unread" : "other",
    outcomes,
    isByReader: error === null && settings().outcomes !== undefined,
    error,
    isOurs:
      event.organizationId === null ||
      canonicalId(event.organizationId) === canonicalId(organizationId),
  };
}
