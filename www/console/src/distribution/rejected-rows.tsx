/** The rows that are no code: where they stand, and why. */
import { useState } from "preact/hooks";

import { number, rows } from "../format.js";
import { allRejected } from "../lists/all-rejected.js";
import type { Draft } from "../lists/reading.js";
import { DownloadIcon } from "../parts/icons.js";
import { download, toCsv } from "../spreadsheet.js";

const FIRST = 8;

export function RejectedRows({ draft }: { draft: Draft }) {
  const [isWhole, setWhole] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const { rejected, rejectedCount, source } = draft;
  const shown = isWhole ? rejected : rejected.slice(0, FIRST);
  const save = async () => {
    if (isBusy) return;
    setBusy(true);
    const all = await allRejected(draft).catch(() => rejected);
    const lines = all.map(({ line, value, reason, message }) => [line, value, reason, message]);
    const name = source.replace(/\.[^.]*$/, "").replace(/[^\p{L}\p{N}_-]+/gu, "-") || "list";
    download(toCsv(["line", "value", "reason", "message"], lines), `${name}-rejected.csv`);
    setBusy(false);
  };
  return (
    <section class="card rejected" aria-labelledby="rejected-title">
      <div class="card-head">
        <div>
          <h2 id="rejected-title">Rejected rows</h2>
          <p class="quiet">
            {rejectedCount > rejected.length
              ? `The first ${number(rejected.length)} of ${rows(rejectedCount)} are listed.`
              : `${rows(rejectedCount)}, with the line in your file.`}
          </p>
        </div>
        <button
          type="button"
          class="button button-small"
          onClick={() => void save()}
          aria-disabled={isBusy}
        >
          <DownloadIcon /> {number(rejectedCount)} as CSV
        </button>
      </div>
      <div class={isWhole ? "rejected-scroll" : ""} {...(isWhole ? { tabIndex: 0 } : {})}>
        <table>
          <thead>
            <tr>
              <th scope="col" class="figure">
                Line
              </th>
              <th scope="col">Value</th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ line, value, reason, message }) => (
              <tr key={line}>
                <td class="figure">{number(line)}</td>
                <td>{value === "" ? <span class="quiet">empty</span> : <code>{value}</code>}</td>
                <td>
                  {message} <code class="reason">{reason}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rejected.length > FIRST && (
        <button
          type="button"
          class="more"
          onClick={() => setWhole(!isWhole)}
          aria-expanded={isWhole}
        >
          {isWhole
            ? `Show the first ${FIRST}`
            : `Show all ${number(rejected.length)} that are listed`}
        </button>
      )}
    </section>
  );
}
