/** Some rows of a file: where each stands, what it says, and why it is told of. */
import { number } from "../format.js";

export interface Line {
  /** `null` where it is not known. */
  line: number | null;
  value: string;
  why?: string;
}

interface Props {
  lines: readonly Line[];
  /** What the values are. */
  name?: string;
  label?: string;
}

export function LineTable({ lines, name = "Value", label }: Props) {
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
        </tr>
      </thead>
      <tbody>
        {lines.map(({ line, value, why }) => (
          <tr key={line ?? value}>
            <td class="figure">{line === null ? "–" : number(line)}</td>
            <td dir="auto">
              {value === "" ? <span class="quiet">empty</span> : <code>{value}</code>}
            </td>
            {hasReasons && <td>{why}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
