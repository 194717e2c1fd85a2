/** The rows that are not codes: their kinds, their lines, and the reasons. */
import { useEffect, useMemo, useState } from "preact/hooks";

import { number, rows } from "../format.js";
import { allRejected } from "../lists/all-rejected.js";
import type { Draft } from "../lists/draft.js";
import { type Kind, countKinds, inKind, kindOf, whyRejected } from "../lists/kinds.js";
import { DownloadIcon } from "../parts/icons.js";
import { download, toCsv } from "../spreadsheet.js";
import { LineTable } from "./line-table.js";

const FIRST = 8;

export function RejectedRows({ draft }: { draft: Draft }) {
  const [isWhole, setWhole] = useState(false);
  const [kind, setKind] = useState<Kind | null>(null);
  const { all, isPart } = useAll(draft);
  const kinds = useMemo(() => countKinds(all), [all]);
  const { rejectedCount, source } = draft;
  const listed = kind === null ? draft.rejected : all.filter((entry) => kindOf(entry) === kind);
  const shown = listed.slice(0, isWhole ? draft.rejected.length : FIRST);
  const save = () => {
    const lines = all.map((entry) => [entry.line, entry.value, entry.reason, whyRejected(entry)]);
    const name = source.replace(/\.[^.]*$/, "").replace(/[^\p{L}\p{N}_-]+/gu, "-") || "list";
    download(toCsv(["line", "value", "reason", "message"], lines), `${name}-rejected.csv`);
  };
  return (
    <section class="card rejected" aria-labelledby="rejected-title">
      <div class="card-head">
        <div>
          <h2 id="rejected-title">{number(rejectedCount)} rejected</h2>
          <p class="quiet">
            {rejectedCount > draft.rejected.length
              ? `The first ${number(draft.rejected.length)} of ${rows(rejectedCount)} are listed.`
              : `${rows(rejectedCount)}, with the line in your file.`}
          </p>
        </div>
        <button type="button" class="button button-small" onClick={save} aria-disabled={isPart}>
          <DownloadIcon /> {number(rejectedCount)} as CSV
        </button>
      </div>
      <div class="filters rejected-kinds" role="group" aria-label="Kinds of rejected rows">
        {kinds.map(([one, count]) => (
          <button
            key={one}
            type="button"
            class="filter"
            aria-pressed={one === kind}
            onClick={() => setKind(one === kind ? null : one)}
          >
            {inKind(one, count)}
          </button>
        ))}
        {isPart && <span class="quiet">of the first {number(all.length)}</span>}
      </div>
      <div class={isWhole ? "rejected-scroll" : ""} {...(isWhole ? { tabIndex: 0 } : {})}>
        <LineTable lines={shown.map((entry) => ({ ...entry, why: whyRejected(entry) }))} />
      </div>
      {listed.length > FIRST && (
        <button
          type="button"
          class="more"
          onClick={() => setWhole(!isWhole)}
          aria-expanded={isWhole}
        >
          {isWhole
            ? `Show the first ${FIRST}`
            : `Show all ${number(Math.min(listed.length, draft.rejected.length))} that are listed`}
        </button>
      )}
    </section>
  );
}

/** All of them, once the file was read again for those beyond the first 1,000. */
function useAll(draft: Draft) {
  const [all, setAll] = useState(draft.rejected);
  useEffect(() => {
    let isWanted = true;
    setAll(draft.rejected);
    void allRejected(draft)
      .then((found) => isWanted && setAll(found))
      .catch(() => {});
    return () => void (isWanted = false);
  }, [draft]);
  return { all, isPart: all.length < draft.rejectedCount };
}
