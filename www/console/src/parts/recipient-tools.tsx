/** Shows the recipients beside their codes: masked first, and unmasked on request. */
import { explainReading } from "../explain.js";
import { ActionButton } from "./action-button.js";
import { Fault } from "./small.js";
import type { ShownRecipients } from "./use-recipients.js";

export function RecipientTools({ recipients }: { recipients: ShownRecipients }) {
  const { value, isBusy, problem, read } = recipients;
  return (
    <>
      {(value === null || value.isMasked) && (
        <ActionButton class="button-small" isBusy={isBusy} onClick={() => read(value !== null)}>
          {isBusy ? "Reading the guests" : value === null ? "Show recipients" : "Unmask them"}
        </ActionButton>
      )}
      {value?.isMasked === true && (
        <span class="quiet">Unmasking is recorded in the audit trail.</span>
      )}
      {problem && <Fault explained={explainReading(problem)} />}
    </>
  );
}
