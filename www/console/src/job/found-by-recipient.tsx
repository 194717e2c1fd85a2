/**
 * The codes of the recipients that match a search by name, e-mail, telephone number or `code_text`.
 */
import { useEffect, useState } from "preact/hooks";

import { codes, count } from "../format.js";
import { ActionButton } from "../parts/action-button.js";
import { matches } from "../parts/matches.js";
import type { JobDetail, ResultRow } from "../server/types.js";
import { worker } from "../server/worker.js";
import { ResultCells, ResultHead } from "./result-row.js";
import type { ShownRecipients } from "../parts/use-recipients.js";

const MAX_SHOWN = 50;

interface Props {
  job: JobDetail;
  text: string;
  recipients: ShownRecipients;
}

export function FoundByRecipient({ job, text, recipients: { value, isBusy, read } }: Props) {
  const isReadable = value !== null && !value.isMasked;
  const found = isReadable
    ? [...value.byCode].filter(([, { name, email, phone, codeText }]) =>
        matches(text, [name, email, phone, phone?.replaceAll(/\D/g, "") ?? null, codeText]),
      )
    : [];
  const wanted = found.slice(0, MAX_SHOWN).map(([code]) => code);
  const rows = useResults(job, wanted);
  if (!isReadable) {
    return (
      <p class="codes-none quiet">
        To search for a person, the recipients are read unmasked, which is recorded in the audit
        trail.{" "}
        <ActionButton look="link" isBusy={isBusy} onClick={() => read(true)}>
          {isBusy ? "Reading the guests" : "Search recipients"}
        </ActionButton>
      </p>
    );
  }
  if (found.length === 0) {
    return <p class="codes-none quiet">No guest of the program matches.</p>;
  }
  return (
    <>
      <p class="results-tools quiet" role="status">
        {count(found.length, "guest")} found, {codes(rows.length)} of them in this job
        {found.length > MAX_SHOWN && `, of the first ${MAX_SHOWN}`}
      </p>
      <div class="rows" role="table" aria-label="Results of these recipients" tabIndex={0}>
        <ResultHead hasRecipients />
        {rows.map((row, index) => (
          <div key={row.code} class="result" role="row" aria-rowindex={index + 2}>
            <ResultCells row={row} recipients={value} />
          </div>
        ))}
      </div>
    </>
  );
}

/** What the job knows of these codes, read again when its figures change. */
function useResults(job: JobDetail, wanted: readonly string[]): readonly ResultRow[] {
  const [rows, setRows] = useState<readonly ResultRow[]>([]);
  const names = wanted.join();
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const pages = wanted.map((find) =>
      worker.resultPage(job.programId, job.id, { find, limit: 1, signal }),
    );
    Promise.all(pages).then(
      (found) => setRows(found.flatMap((page) => page.rows)),
      // The text was changed meanwhile, or the connection is lost, which the page shows.
      () => {},
    );
    return () => stop.abort();
  }, [job.id, job.progress, names]);
  return rows;
}
