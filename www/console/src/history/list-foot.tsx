/** The foot of a list of history: older entries, and the whole list as a file. */
import { ActionButton } from "../parts/action-button.js";
import { DownloadIcon } from "../parts/icons.js";

interface Props {
  older: { hasMore: boolean; isBusy: boolean; load: () => void };
  olderLabel: string;
  isSaving: boolean;
  saveLabel: string;
  onSave: () => void;
}

export function ListFoot({ older, olderLabel, isSaving, saveLabel, onSave }: Props) {
  return (
    <p class="foot foot-actions">
      {older.hasMore && (
        <ActionButton isBusy={older.isBusy} onClick={older.load}>
          {olderLabel}
        </ActionButton>
      )}
      <ActionButton isBusy={isSaving} onClick={onSave}>
        <DownloadIcon /> {saveLabel}
      </ActionButton>
    </p>
  );
}
