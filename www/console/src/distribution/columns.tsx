/** The first rows of a file, so that somebody says which column holds the codes. */
import { useState } from "preact/hooks";

import type { File } from "../lists/draft.js";
import type { Places } from "../lists/places.js";
import type { Unsure } from "../lists/read-file.js";

interface Props {
  file: File;
  unsure: Unsure;
  onChoose(places: Places): void;
  onClear(): void;
}

export function Columns({ file, unsure: { preview, isSeveral }, onChoose, onClear }: Props) {
  const { rows, columns, likely } = preview;
  const [column, setColumn] = useState<number | null>(likely);
  const [program, setProgram] = useState<number | null>(null);
  const isReady = column !== null && (!isSeveral || (program !== null && program !== column));
  const all = Array.from({ length: columns }, (_, place) => place);
  const choose = () => {
    if (column === null) return;
    const places: Places = { column: column + 1 };
    if (isSeveral && program !== null) places.programColumn = program + 1;
    onChoose(places);
  };
  return (
    <section class="card columns-card" aria-labelledby="columns-title">
      <div class="list-head">
        <div class="list-source">
          <b title={file.source} dir="auto">
            {file.source}
          </b>
        </div>
        <button type="button" class="button button-small" onClick={onClear}>
          Another list
        </button>
      </div>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) choose();
        }}
      >
        <h2 id="columns-title">
          {isSeveral
            ? "Which columns hold the codes, and the programs?"
            : "Which column holds the codes?"}
        </h2>
        <p class="quiet">
          The names of the columns don’t say it. These are the first rows of the file.
        </p>
        <div class="columns-scroll" tabIndex={0} role="group" aria-labelledby="columns-title">
          <table>
            <thead>
              <Choices
                name="column"
                label="Codes"
                columns={all}
                value={column}
                onChoose={setColumn}
              />
              {isSeveral && (
                <Choices
                  name="program"
                  label="Programs"
                  columns={all}
                  value={program}
                  onChoose={setProgram}
                />
              )}
            </thead>
            <tbody>
              {rows.map((row, line) => (
                <tr key={line}>
                  {all.map((place) => (
                    <td
                      key={place}
                      class={place === column || place === program ? "is-chosen" : ""}
                      dir="auto"
                    >
                      {row[place]}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <button
          type="submit"
          class="button button-strong"
          aria-disabled={!isReady}
          aria-describedby="columns-reason"
        >
          Read {column === null ? "this column" : `column ${column + 1}`}
        </button>
        <p class="quiet" id="columns-reason">
          {likely !== null && column === likely && "Its cells look like codes."}
        </p>
      </form>
    </section>
  );
}

function Choices({
  name,
  label,
  columns,
  value,
  onChoose,
}: {
  name: string;
  label: string;
  columns: readonly number[];
  value: number | null;
  onChoose(column: number): void;
}) {
  return (
    <tr>
      {columns.map((column) => (
        <th key={column} scope="col" class={column === value ? "is-chosen" : ""}>
          <label>
            <input
              type="radio"
              name={name}
              checked={column === value}
              onChange={() => onChoose(column)}
            />{" "}
            {label}: column {column + 1}
          </label>
        </th>
      ))}
    </tr>
  );
}
