/** One code of a job in a row: its state, and its recipient if shown. */
import { number } from "../format.js";
import { StateWord } from "../parts/small.js";
import type { Recipients } from "../server/guests.js";
import type { ResultRow } from "../server/types.js";
import { EVIDENCE } from "../words.js";
import { failureWords } from "./failure-words.js";
import { inOneLine } from "../parts/use-recipients.js";

export function ResultHead({ hasRecipients }: { hasRecipients: boolean }) {
  return (
    <div class="result result-head" role="row" aria-rowindex={1}>
      <span role="columnheader">Code</span>
      {hasRecipients && <span role="columnheader">Recipient</span>}
      <span role="columnheader">State</span>
      <span role="columnheader">Evidence</span>
      <span role="columnheader">Reason</span>
      <span role="columnheader" class="figure">
        Batch
      </span>
    </div>
  );
}

interface Props {
  row: ResultRow;
  /** `null`: recipients are not shown. */
  recipients: Recipients | null;
}

export function ResultCells({ row: { code, state, by, reason, batch }, recipients }: Props) {
  const guest = recipients?.byCode.get(code);
  return (
    <>
      <code role="cell" class="result-code" title={code}>
        {code}
      </code>
      {recipients !== null && (
        <span role="cell" class="result-recipient" title={guest?.codeText ?? ""} dir="auto">
          {guest ? inOneLine(guest) : <span class="quiet">no guest</span>}
        </span>
      )}
      <span role="cell" class="result-state">
        <StateWord state={state} />
      </span>
      <span role="cell" class="result-by quiet">
        {by === null ? "" : EVIDENCE[by]}
      </span>
      <span role="cell" class="result-reason" title={reason ?? ""} dir="auto">
        {reason !== null && (failureWords(reason).plain ?? reason)}
      </span>
      <span role="cell" class="result-batch figure quiet">
        {number(batch + 1)}
      </span>
    </>
  );
}

export const ResultSkeleton = () => (
  <span role="cell">
    <span class="skeleton skeleton-code" />
  </span>
);
