/** The audit trail of all programs, newest first. */
import { useMemo } from "preact/hooks";

import { explainReading } from "../explain.js";
import { iso } from "../format.js";
import { AuditList, auditWho, auditWords } from "../parts/audit-list.js";
import { Fault, Unread } from "../parts/small.js";
import { useAction } from "../parts/use-action.js";
import { useOlder } from "../parts/use-older.js";
import { pathOfAudit, readAudit, readWholeAudit } from "../server/audit.js";
import { useNamed, useNames } from "../server/programs.js";
import { useResource } from "../server/resource.js";
import type { AuditPage } from "../server/types.js";
import { download, toCsv } from "../spreadsheet.js";
import { ListFoot } from "./list-foot.js";

const EVERY_MS = 10_000;
const HEADER = ["time", "by", "what", "why", "program", "program_id", "job"];

export function AuditHistory({ find }: { find: string }) {
  const named = useNamed(find);
  const query = find === "" ? {} : { find, ...named };
  const { value, problem, reload } = useResource<AuditPage>(pathOfAudit(query), {
    everyMs: EVERY_MS,
  });
  const nameOf = useNames();
  const newest = useMemo(() => value && { items: value.entries, next: value.next }, [value]);
  const { items, ...older } = useOlder(newest, async (before: string) => {
    const { entries, next } = await readAudit(query, before);
    return { items: entries, next };
  });
  const saving = useAction();
  const save = async () => {
    const rows = (await readWholeAudit(query)).map((entry) => [
      iso(entry.at),
      auditWho(entry),
      auditWords(entry),
      entry.reason ?? "",
      entry.programId === null ? "" : nameOf(entry.programId),
      entry.programId ?? "",
      entry.job ?? "",
    ]);
    download(toCsv(HEADER, rows), "who-did-what.csv");
  };
  if (value === null && problem !== null) {
    return <Unread what="The audit trail" explained={explainReading(problem)} onAgain={reload} />;
  }
  const failed = older.problem ?? saving.problem;
  return (
    <>
      {items.length > 0 ? (
        <div class="card history-card">
          <AuditList entries={items} programName={nameOf} />
        </div>
      ) : (
        <div class="card blank" aria-busy={value === null}>
          <p class="blank-title">
            {value === null ? "Being read" : find === "" ? "No entries yet" : "No entry matches"}
          </p>
        </div>
      )}
      {failed && <Fault explained={explainReading(failed)} />}
      {items.length > 0 && (
        <ListFoot
          older={older}
          olderLabel="Show older entries"
          isSaving={saving.isBusy}
          saveLabel={find === "" ? "All entries as CSV" : "Search results as CSV"}
          onSave={() => saving.act(save)}
        />
      )}
    </>
  );
}
