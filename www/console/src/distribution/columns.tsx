/** The first rows of a file, in which the admin chooses the column of the codes, or of the people. */
import { useState } from "preact/hooks";

import { number } from "../format.js";
import type { File } from "../lists/draft.js";
import type { ColumnNumbers } from "../lists/column-numbers.js";
import type { Look } from "../lists/preview.js";
import type { Unsure } from "../lists/read-file.js";
import { SheetChoice } from "./sheet-choice.js";

interface Props {
  file: File;
  unsure: Unsure;
  onChoose(numbers: ColumnNumbers): void;
  onChooseSheet(name: string): void;
  onClear(): void;
}

const WHAT: Record<Look, { label: string; inSentence: string }> = {
  codes: { label: "Codes", inSentence: "codes" },
  emails: { label: "E-mail addresses", inSentence: "e-mail addresses" },
  phones: { label: "Telephone numbers", inSentence: "telephone numbers" },
  texts: { label: "Code texts", inSentence: "code texts" },
};
/** What is read if several columns look like something. */
const PREFERRED: readonly Look[] = ["codes", "emails", "phones", "texts"];

export function Columns({ file, unsure, onChoose, onChooseSheet, onClear }: Props) {
  const { rows, columns, looks } = unsure.preview;
  const { isSeveral, isAsked = false } = unsure;
  const all = Array.from({ length: columns }, (_, index) => index);
  const kind = isSeveral ? "codes" : PREFERRED.find((look) => looks.includes(look));
  const likely = all.filter((index) => looks[index] === kind);
  const phones = isSeveral ? [] : all.filter((index) => looks[index] === "phones");
  const [column, setColumn] = useState(likely.length === 1 ? (likely[0] ?? null) : null);
  const [phone, setPhone] = useState(phones.length === 1 ? (phones[0] ?? null) : null);
  const [program, setProgram] = useState<number | null>(null);
  const hasPhones = column !== null && looks[column] === "emails" && phones.length > 0;
  const second = isSeveral ? program : hasPhones ? phone : null;
  const isReady = column !== null && (!isSeveral || (program !== null && program !== column));
  const choose = () => {
    if (column === null) return;
    const numbers: ColumnNumbers = { column: column + 1, look: looks[column] ?? null };
    if (isSeveral && program !== null) numbers.programColumn = program + 1;
    if (hasPhones && phone !== null) numbers.phoneColumn = phone + 1;
    onChoose(numbers);
  };
  const label = (index: number) => {
    const look = looks[index];
    if (isSeveral || look == null) return kind === "codes" ? "Codes" : "People";
    return WHAT[look].label;
  };
  return (
    <section class="card columns-card" aria-labelledby="columns-title">
      <div class="list-head">
        <div class="list-source">
          <b title={file.source} dir="auto">
            {file.source}
          </b>
          <SheetChoice file={file} onChoose={onChooseSheet} />
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
        <h2 id="columns-title">{titleOf(kind, isSeveral)}</h2>
        <p class="quiet">
          {likely.length > 1 && kind !== undefined ? (
            <Candidates names={likely.map((index) => rows[0]?.[index] ?? "")} kind={kind} />
          ) : (
            !isAsked && "The column names don’t show it."
          )}{" "}
          These are the first rows of the file.
        </p>
        <div class="columns-scroll" tabIndex={0} role="group" aria-labelledby="columns-title">
          <table>
            <thead>
              <Choices
                name="column"
                label={label}
                columns={all}
                value={column}
                onChoose={setColumn}
              />
              {isSeveral && (
                <Choices
                  name="program"
                  label={() => "Programs"}
                  columns={all}
                  value={program}
                  onChoose={setProgram}
                />
              )}
              {hasPhones && (
                <Choices
                  name="phone"
                  label={() => "Also telephone numbers"}
                  columns={all}
                  offered={phones}
                  value={phone}
                  onChoose={(index) => setPhone(index === phone ? null : index)}
                />
              )}
            </thead>
            <tbody>
              {rows.map((row, line) => (
                <tr key={line}>
                  {all.map((index) => (
                    <td
                      key={index}
                      class={index === column || index === second ? "is-chosen" : ""}
                      dir="auto"
                    >
                      {row[index]}
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
          {column === null
            ? "Read this column"
            : hasPhones && phone !== null
              ? `Read columns ${column + 1} and ${phone + 1}`
              : `Read column ${column + 1}`}
        </button>
        <p class="quiet" id="columns-reason">
          {column !== null &&
            looks[column] != null &&
            `Its cells look like ${WHAT[looks[column]].inSentence}.`}
          {hasPhones &&
            phone !== null &&
            " The telephone number counts where the address is missing."}
        </p>
      </form>
    </section>
  );
}

function titleOf(kind: Look | undefined, isSeveral: boolean): string {
  if (isSeveral) return "Which columns contain the codes and the programs?";
  if (kind === "codes") return "Which column contains the codes?";
  return kind === undefined
    ? "Which column contains the codes or the people?"
    : "Which column says who gets a code?";
}

/** Why none is chosen: several columns look like it. */
function Candidates({ names, kind }: { names: readonly string[]; kind: Look }) {
  return (
    <>
      {number(names.length)} columns contain {WHAT[kind].inSentence}:{" "}
      {names.map((name, index) => (
        <>
          {index > 0 && (index === names.length - 1 ? " and " : ", ")}
          <q dir="auto">{name}</q>
        </>
      ))}
      . Choose one.
    </>
  );
}

function Choices({
  name,
  label,
  columns,
  offered = columns,
  value,
  onChoose,
}: {
  name: string;
  label(column: number): string;
  columns: readonly number[];
  /** Others can't be chosen. If this is given, none need be. */
  offered?: readonly number[];
  value: number | null;
  onChoose(column: number): void;
}) {
  return (
    <tr>
      {columns.map((column) =>
        offered.includes(column) ? (
          <th key={column} scope="col" class={column === value ? "is-chosen" : ""}>
            <label>
              <input
                type={offered === columns ? "radio" : "checkbox"}
                name={name}
                checked={column === value}
                onChange={() => onChoose(column)}
              />{" "}
              {label(column)}: column {column + 1}
            </label>
          </th>
        ) : (
          <td key={column} />
        ),
      )}
    </tr>
  );
}
