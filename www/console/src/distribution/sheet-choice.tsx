/** Which sheet of a workbook is read, if it has several. */
import { count } from "../format.js";
import type { File } from "../lists/draft.js";

export function SheetChoice({
  file: { sheets },
  onChoose,
}: {
  file: Pick<File, "sheets">;
  onChoose(name: string): void;
}) {
  if (sheets === null || sheets.all.length < 2) return null;
  return (
    <label class="quiet list-sheet">
      Of {count(sheets.all.length, "sheet")}, this one is read:{" "}
      <select
        aria-label="Sheet"
        value={sheets.name}
        onChange={(event) => onChoose(event.currentTarget.value)}
      >
        {sheets.all.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}
