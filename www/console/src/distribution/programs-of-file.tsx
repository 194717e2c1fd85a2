/** The programs that a file names: the number of codes for each, and what these can cost. */
import type { CodeList } from "uber-vouchers";

import { count, number, shortId } from "../format.js";
import type { Check } from "../lists/check.js";
import { canonicalId } from "../router.js";
import type { Again } from "../server/jobs.js";
import { usePrograms } from "../server/programs.js";
import { useCosts } from "./cost.js";

interface Props {
  programs: ReadonlyMap<string, CodeList>;
  check: Check;
  /** The decision about codes in earlier jobs, on which the costs depend. */
  again: Again;
}

export function ProgramsOfFile({ programs, check, again }: Props) {
  const { value } = usePrograms();
  const { ofProgram } = useCosts(check, again);
  const known = new Map(value?.programs.map((program) => [canonicalId(program.id), program]));
  return (
    <section class="card of-file" aria-labelledby="of-file-title">
      <div class="card-head">
        <div>
          <h2 id="of-file-title">{count(programs.size, "program")} in this file</h2>
          <p class="quiet">
            One job for each. None starts before all are created; if one can’t be created, none is.
          </p>
        </div>
      </div>
      <div class="of-file-scroll" tabIndex={0} role="group" aria-labelledby="of-file-title">
        <table>
          <thead>
            <tr>
              <th scope="col">Program</th>
              <th scope="col" class="figure">
                Codes
              </th>
              <th scope="col" class="figure">
                In other jobs
              </th>
              {ofProgram.size > 0 && (
                <th scope="col" class="figure">
                  Cost at most
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {[...programs].map(([id, { size }]) => (
              <tr key={id}>
                <td>
                  <span class="of-file-name" dir="auto">
                    {known.get(canonicalId(id))?.name ?? (value ? "Not among your programs" : "…")}
                  </span>{" "}
                  <code class="quiet" title={id}>
                    {shortId(id)}
                  </code>
                </td>
                <td class="figure">{number(size)}</td>
                <td class="figure">
                  {check.step === "checked"
                    ? number(check.byProgram.get(id)?.blocked.total ?? 0)
                    : "–"}
                </td>
                {ofProgram.size > 0 && <td class="figure">{ofProgram.get(id) ?? "–"}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
