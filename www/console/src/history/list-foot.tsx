/** What stands below a list of history: older entries, and all of it as a file. */
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
        <button type="button" class="button" aria-disabled={older.isBusy} onClick={older.load}>
          {olderLabel}
        </button>
      )}
      <button type="button" class="button" aria-disabled={isSaving} onClick={onSave}>
        <DownloadIcon /> {saveLabel}
      </button>
    </p>
  );
}
