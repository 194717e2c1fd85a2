/** Shows the recipients beside their codes: masked first, and unmasked once somebody asks for it. */
import { explainReading } from "../explain.js";
import { Fault } from "../parts/small.js";
import type { ShownRecipients } from "./use-recipients.js";

export function RecipientTools({ recipients }: { recipients: ShownRecipients }) {
  const { value, isBusy, problem, read } = recipients;
  return (
    <>
      {(value === null || value.isMasked) && (
        <button
          type="button"
          class="button button-small"
          aria-disabled={isBusy}
          onClick={() => read(value !== null)}
        >
          {isBusy ? "Reading the guests" : value === null ? "Show recipients" : "Unmask them"}
        </button>
      )}
      {value?.isMasked === true && (
        <span class="quiet">Unmasking is written into the audit trail.</span>
      )}
      {problem && <Fault explained={explainReading(problem)} />}
    </>
  );
}
