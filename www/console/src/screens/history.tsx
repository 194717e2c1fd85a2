/** The history of all programs: jobs and the audit trail. Both can be searched and saved. */
import { useEffect, useState } from "preact/hooks";

import { useDebounced } from "../parts/use-debounced.js";
import { SearchField } from "../parts/search-field.js";
import { AuditHistory } from "../history/audit-history.js";
import { JobHistory } from "../history/job-history.js";

const TABS = { jobs: "Jobs", audit: "Who did what" } as const;
type Tab = keyof typeof TABS;

const PLACEHOLDERS: Record<Tab, string> = {
  jobs: "Name, note, program or job",
  audit: "Who, what, why, program or job",
};

export function History() {
  const [tab, setTab] = useState<Tab>("jobs");
  // Each list is searched for itself, and waits for its own text.
  const [searches, setSearches] = useState<Record<Tab, string>>({ jobs: "", audit: "" });
  const typed = searches[tab];
  const settled = useDebounced(`${tab} ${typed.trim()}`);
  const find = settled.startsWith(`${tab} `) ? settled.slice(tab.length + 1) : typed.trim();
  useEffect(() => {
    document.title = "History · Vouchers";
  }, []);

  return (
    <div class="page">
      <div class="page-head">
        <div>
          <h1>History</h1>
          <p class="lead">All jobs of all programs, and all actions of operators.</p>
        </div>
      </div>
      <div class="history-tools">
        <div class="filters" role="group" aria-label="Shown entries">
          {(Object.keys(TABS) as Tab[]).map((one) => (
            <button
              key={one}
              type="button"
              class="filter"
              aria-pressed={one === tab}
              onClick={() => setTab(one)}
            >
              {TABS[one]}
            </button>
          ))}
        </div>
        <SearchField
          label={`Search ${TABS[tab]}`}
          placeholder={PLACEHOLDERS[tab]}
          value={typed}
          onChange={(text) => setSearches({ ...searches, [tab]: text })}
        />
      </div>
      {tab === "jobs" ? <JobHistory find={find} /> : <AuditHistory key={find} find={find} />}
    </div>
  );
}
