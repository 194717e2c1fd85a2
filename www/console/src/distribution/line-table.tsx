/** Some rows of a file: the line, the content, and why the row is listed. */
import type { ComponentChildren } from "preact";

import { number } from "../format.js";

export interface Line {
  /** `null` if unknown. */
  line: number | null;
  value: string;
  why?: string;
  /** Further cells, for the headings in `more`. */
  more?: readonly ComponentChildren[];
}

interface Props {
  lines: readonly Line[];
  /** What the values are. */
  name?: string;
  label?: string;
  more?: readonly string[];
}

export function LineTable({ lines, name = "Value", label, more: heads = [] }: Props) {
  const hasReasons = lines.some(({ why }) => why !== undefined);
  return (
    <table {...(label !== undefined && { "aria-label": label })}>
      <thead>
        <tr>
          <th scope="col" class="figure">
            Line
          </th>
          <th scope="col">{name}</th>
          {hasReasons && <th scope="col">Why</th>}
          {heads.map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {lines.map(({ line, value, why, more = [] }, index) => (
          <tr key={index}>
            <td class="figure">{line === null ? "–" : number(line)}</td>
            <td dir="auto">
              {value === "" ? <span class="quiet">empty</span> : <code>{value}</code>}
            </td>
            {hasReasons && <td>{why}</td>}
            {more.map((told, column) => (
              <td key={column} dir="auto" data-head={heads[column]}>
                {told}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
