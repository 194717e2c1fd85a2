/** The codes of a list that are not in their program: where they stand in the file, and whose they are. */
import { useEffect, useState } from "preact/hooks";

import { number } from "../format.js";
import type { Listed } from "../lists/check.js";
import type { Draft } from "../lists/draft.js";
import { type ForeignLine, allForeign } from "../lists/foreign.js";
import { DownloadIcon } from "../parts/icons.js";
import { useNames } from "../server/programs.js";
import { download, toCsv } from "../spreadsheet.js";
import { LineTable } from "./line-table.js";

const FIRST = 8;

interface Props {
  draft: Draft;
  /** Where the file names none. */
  programId: string;
  listed: Listed;
}

export function ForeignCodes({ draft, programId, listed }: Props) {
  const [lines, setLines] = useState<readonly ForeignLine[]>([]);
  const [told, setTold] = useState("Their lines are being looked up.");
  const nameOf = useNames();
  useEffect(() => {
    let isWanted = true;
    allForeign(draft, programId, listed).then(
      (found) => {
        if (!isWanted) return;
        setLines(found);
        setTold(
          `With the line in your file${found.length > FIRST ? `; the first ${FIRST} are listed` : ""}.`,
        );
      },
      () => isWanted && setTold("Which ones these are could not be read. Check the list again."),
    );
    return () => void (isWanted = false);
  }, [draft, programId, listed]);
  const isOfSeveral = draft.programs !== null;
  const { foreign } = listed;
  const save = () => {
    const named = (id: string | null) => (id === null ? ["", ""] : [id, nameOf(id)]);
    const rows = lines.map(({ line, code, of, owner }) => [
      line ?? "",
      code,
      ...(isOfSeveral ? named(of) : []),
      ...named(owner),
    ]);
    const programs = isOfSeveral ? ["program_id", "program"] : [];
    const heads = ["line", "code", ...programs, "in_program_id", "in_program"];
    download(toCsv(heads, rows), "not-in-this-program.csv");
  };
  return (
    <section class="card rejected" aria-labelledby="foreign-title">
      <div class="card-head">
        <div>
          <h2 id="foreign-title">
            {number(foreign)} not in {isOfSeveral ? "the program of their line" : "this program"}
          </h2>
          <p class="quiet" role="status">
            {told}
          </p>
        </div>
        <button
          type="button"
          class="button button-small"
          aria-disabled={lines.length === 0}
          onClick={() => lines.length > 0 && save()}
        >
          <DownloadIcon /> {number(foreign)} as CSV
        </button>
      </div>
      <LineTable
        name="Code"
        more={
          isOfSeveral ? ["Program of the line", "Program that has it"] : ["Program that has it"]
        }
        lines={lines.slice(0, FIRST).map(({ line, code, of, owner }) => ({
          line,
          value: code,
          more: [
            ...(isOfSeveral ? [nameOf(of)] : []),
            owner === null ? <span class="quiet">none that is known here</span> : nameOf(owner),
          ],
        }))}
      />
    </section>
  );
}
