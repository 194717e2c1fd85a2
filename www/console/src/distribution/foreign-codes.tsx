/** The codes of a list that are not in their program: their lines in the file, and their owners. */
import { useEffect, useState } from "preact/hooks";

import { number } from "../format.js";
import type { Listed } from "../lists/check.js";
import type { Draft } from "../lists/draft.js";
import { type FoundForeign, findForeign } from "../lists/foreign.js";
import { DownloadIcon } from "../parts/icons.js";
import { useNames } from "../server/programs.js";
import { download } from "../spreadsheet.js";
import { LineTable } from "./line-table.js";

interface Props {
  draft: Draft;
  /** Used if the file does not name the programs. */
  programId: string;
  listed: Listed;
}

export function ForeignCodes({ draft, programId, listed }: Props) {
  const [found, setFound] = useState<FoundForeign | null>(null);
  const [told, setTold] = useState("Their lines are being looked up.");
  const nameOf = useNames();
  // The list is compared again and again, mostly with the same result.
  const counts = JSON.stringify([...listed.foreignByProgram]);
  useEffect(() => {
    const stop = new AbortController();
    setFound(null);
    findForeign(draft, programId, listed, stop.signal).then(
      (now) => {
        if (stop.signal.aborted) return;
        setFound(now);
        const { first, count } = now;
        setTold(
          `With the line in your file${count > first.length ? `; the first ${first.length} are listed` : ""}.`,
        );
      },
      () =>
        stop.signal.aborted || setTold("These codes could not be listed. Check the list again."),
    );
    return () => stop.abort();
  }, [draft, programId, counts]);
  const isOfSeveral = draft.programs !== null;
  const { foreign } = listed;
  const save = async () => {
    if (found) download(await found.csv(nameOf), "not-in-this-program.csv");
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
          aria-disabled={found === null}
          onClick={() => void save()}
        >
          <DownloadIcon /> {number(foreign)} as CSV
        </button>
      </div>
      <LineTable
        name="Code"
        more={isOfSeveral ? ["Program of the line", "Its actual program"] : ["Its actual program"]}
        lines={(found?.first ?? []).map(({ line, code, of, owner }) => ({
          line,
          value: code,
          more: [
            ...(isOfSeveral ? [nameOf(of)] : []),
            owner === null ? <span class="quiet">no known program</span> : nameOf(owner),
          ],
        }))}
      />
    </section>
  );
}
