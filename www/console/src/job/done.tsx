/** The audit trail of a job. */
import { useEffect, useMemo } from "preact/hooks";

import { explainReading } from "../explain.js";
import { ActionButton } from "../parts/action-button.js";
import { AuditList } from "../parts/audit-list.js";
import { Fold } from "../parts/fold.js";
import { Fault } from "../parts/small.js";
import { useOlder } from "../parts/use-older.js";
import { pathOfAudit, readAudit } from "../server/audit.js";
import { useResource } from "../server/resource.js";
import type { AuditPage, JobDetail } from "../server/types.js";

export function Done({ job }: { job: JobDetail }) {
  const { value, problem, reload } = useResource<AuditPage>(pathOfAudit({ job: job.id }));
  // An operator's action changes the state, name or note.
  useEffect(reload, [job.status, job.name, job.note, job.sources.operator.codes]);
  const newest = useMemo(() => value && { items: value.entries, next: value.next }, [value]);
  const { items, ...older } = useOlder(newest, async (before: string) => {
    const { entries, next } = await readAudit({ job: job.id }, before);
    return { items: entries, next };
  });
  return (
    <Fold class="done-card" title="Who did what">
      {problem && value === null && <Fault explained={explainReading(problem)} />}
      <AuditList entries={items} />
      {older.problem && <Fault explained={explainReading(older.problem)} />}
      {older.hasMore && (
        <ActionButton class="button-small" isBusy={older.isBusy} onClick={older.load}>
          Show older entries
        </ActionButton>
      )}
    </Fold>
  );
}
