/** The codes of a list that are not in its program: where they stand in the file. */
import { useEffect, useState } from "preact/hooks";

import { number } from "../format.js";
import type { Draft } from "../lists/draft.js";
import { type ForeignLine, allForeign } from "../lists/foreign.js";
import { DownloadIcon } from "../parts/icons.js";
import { download, toCsv } from "../spreadsheet.js";
import { LineTable } from "./line-table.js";

const FIRST = 8;

export function ForeignCodes({
  draft,
  programId,
  foreign,
}: {
  draft: Draft;
  programId: string;
  foreign: number;
}) {
  const [lines, setLines] = useState<readonly ForeignLine[] | null>(null);
  useEffect(() => {
    let isWanted = true;
    void allForeign(draft, programId)
      .then((found) => isWanted && setLines(found))
      .catch(() => isWanted && setLines([]));
    return () => void (isWanted = false);
  }, [draft, programId]);
  const save = () => {
    const rows = (lines ?? []).map(({ line, code }) => [line ?? "", code]);
    download(toCsv(["line", "code"], rows), "not-in-this-program.csv");
  };
  return (
    <section class="card rejected" aria-labelledby="foreign-title">
      <div class="card-head">
        <div>
          <h2 id="foreign-title">{number(foreign)} not in this program</h2>
          <p class="quiet">
            {lines === null
              ? "Their lines are being looked up."
              : `With the line in your file${lines.length > FIRST ? `; the first ${FIRST} are listed` : ""}.`}
          </p>
        </div>
        <button
          type="button"
          class="button button-small"
          aria-disabled={lines === null}
          onClick={save}
        >
          <DownloadIcon /> {number(foreign)} as CSV
        </button>
      </div>
      <LineTable
        name="Code"
        lines={(lines ?? []).slice(0, FIRST).map(({ line, code }) => ({ line, value: code }))}
      />
    </section>
  );
}
