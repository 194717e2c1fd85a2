/** Who did what, when and why, the newest first. */
import { codes } from "../format.js";
import { Link, paths } from "../router.js";
import type { AuditEntry } from "../server/types.js";
import { Moment } from "./small.js";

const ACTIONS: Record<AuditEntry["action"], string> = {
  created: "created the job",
  started: "started it",
  approved: "approved it",
  cancelled: "cancelled it",
  paused: "paused it",
  resumed: "resumed it",
  decided: "decided about unknown codes",
  renamed: "changed its name or note",
  dropped: "dropped it",
  revealed: "looked at recipients unmasked",
  all_paused: "paused everything",
  all_resumed: "resumed everything",
  event_dismissed: "dealt with an event",
  events_reread: "had events read again",
};

/** What the worker writes down in the words of its API. */
const DETAILS: Record<string, string> = {
  resend: "those sent before are sent again",
  skip: "without those sent before",
  allowForeign: "with codes of no program of Uber’s list",
  unchecked: "without a look at Uber’s list",
  paused: "not started at once",
};
const DECIDED: Record<string, string> = {
  resend: "to be sent again",
  queued: "taken as queued",
  abandon: "abandoned",
};

/** Names and addresses of events stand as they are. */
function inWords({ action, detail }: AuditEntry): string | null {
  const known = { created: DETAILS, decided: DECIDED }[action as string];
  if (known === undefined || detail === null) return detail;
  return detail
    .split(", ")
    .map((word) => known[word] ?? word)
    .join(", ");
}

/** What stands in the list and in the file. */
export function auditWords(entry: AuditEntry): string {
  const { action, codes: size } = entry;
  return [ACTIONS[action] ?? action, size === null ? null : codes(size), inWords(entry)]
    .filter((part) => part !== null && part !== "")
    .join(" · ");
}

interface Props {
  entries: readonly AuditEntry[];
  /** Where the entries are of more than one job. */
  programName?: (programId: string) => string;
}

export function AuditList({ entries, programName }: Props) {
  return (
    <ol class="audit">
      {entries.map((entry) => {
        const { id, at, by, programId, job, reason } = entry;
        return (
          <li key={`${at} ${id}`}>
            <span class="quiet">
              <Moment ms={at} isShort />
            </span>
            <span>
              <b>{by}</b> {auditWords(entry)}
              {reason !== null && (
                <q class="audit-reason" dir="auto">
                  {reason}
                </q>
              )}
            </span>
            {programName && (
              <span class="audit-where quiet">
                {programId !== null &&
                  (job === null ? (
                    <Link to={paths.program(programId)}>{programName(programId)}</Link>
                  ) : (
                    <Link to={paths.job(programId, job)}>
                      {programName(programId)} · {job.slice(0, 8)}
                    </Link>
                  ))}
              </span>
            )}
          </li>
        );
      })}
    </ol>
  );
}
