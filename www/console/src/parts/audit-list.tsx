/** Entries of the audit trail, newest first. */
import { codes } from "../format.js";
import { Link, paths } from "../router.js";
import type { AuditEntry, CreationException, JobDecision } from "../server/types.js";
import { Moment } from "./small.js";

const ACTIONS: Record<AuditEntry["action"], string> = {
  created: "created the job",
  started: "started it",
  approved: "approved it",
  cancelled: "cancelled it",
  ended: "ended it without sending what was pending",
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

/** Replaces details that the worker records in words of its API. */
/** `resend` has its number behind it: `resentIn`. */
const EXCEPTIONS: Record<Exclude<CreationException, "resend">, string> = {
  skip: "without those sent before",
  allowForeign: "with codes that are not in Uber’s list",
  unchecked: "without a check of Uber’s list",
  paused: "not started at once",
};
const DECIDED: Record<JobDecision, string> = {
  resend: "to be sent again",
  queued: "taken as queued",
  abandon: "abandoned",
};

const STARTED: Record<string, string> = { schedule: "by itself, at the end of its start window" };

const WORDS: Partial<Record<AuditEntry["action"], Record<string, string>>> = {
  created: EXCEPTIONS,
  decided: DECIDED,
  started: STARTED,
};

/** Who did it; the worker's schedule acts for nobody. */
export const auditWho = ({ by, action, detail }: AuditEntry): string =>
  action === "started" && detail === "schedule" ? "The worker" : by;

/** Names and addresses of events are shown unchanged. */
function inWords({ action, detail }: AuditEntry): string | null {
  const known = WORDS[action];
  if (known === undefined || detail === null) return detail;
  return detail
    .split(", ")
    .map((word) => known[word] ?? resentIn(word) ?? word)
    .join(", ");
}

/** `resend 12` */
function resentIn(word: string): string | undefined {
  const [, size] = /^resend (\d+)$/.exec(word) ?? [];
  return size && `${codes(Number(size))} sent before ${size === "1" ? "is" : "are"} sent again`;
}

/** The rows of the list and of the file. */
export function auditWords(entry: AuditEntry): string {
  const { action, codes: size } = entry;
  return [ACTIONS[action] ?? action, size === null ? null : codes(size), inWords(entry)]
    .filter((part) => part !== null && part !== "")
    .join(" · ");
}

interface Props {
  entries: readonly AuditEntry[];
  /** Whether the entries concern more than one job. */
  programName?: (programId: string) => string;
}

export function AuditList({ entries, programName }: Props) {
  return (
    <ol class="audit">
      {entries.map((entry) => {
        const { id, at, programId, job, reason } = entry;
        return (
          <li key={`${at} ${id}`}>
            <span class="quiet">
              <Moment ms={at} isShort />
            </span>
            <span>
              <b>{auditWho(entry)}</b> {auditWords(entry)}
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
