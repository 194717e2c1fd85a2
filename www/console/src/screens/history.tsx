/** History over all programs: the jobs, and who did what. Both can be searched and saved. */
import { useEffect, useState } from "preact/hooks";

import { useSettled } from "../parts/use-settled.js";
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
  const [typed, setTyped] = useState("");
  const find = useSettled(typed.trim());
  useEffect(() => {
    document.title = "History · Vouchers";
  }, []);

  return (
    <div class="page">
      <div class="page-head">
        <div>
          <h1>History</h1>
          <p class="lead">Every job of every program, and everything that somebody did.</p>
        </div>
      </div>
      <div class="history-tools">
        <div class="filters" role="group" aria-label="What is shown">
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
          onChange={setTyped}
        />
      </div>
      {tab === "jobs" ? <JobHistory find={find} /> : <AuditHistory key={find} find={find} />}
    </div>
  );
}
