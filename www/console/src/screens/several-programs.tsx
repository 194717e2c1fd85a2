/** One file for several programs, which names the program of each code. */
import { useEffect } from "preact/hooks";

import { Compose } from "../distribution/compose.js";
import { Crumbs } from "../parts/crumbs.js";

export function SeveralPrograms() {
  useEffect(() => {
    document.title = "Several programs · Vouchers";
  }, []);
  return (
    <div class="page">
      <Crumbs>One file, several programs</Crumbs>
      <div class="page-head">
        <div>
          <h1>One file, several programs</h1>
          <p class="lead">
            A column names the program of each code. One job is created for each program.
          </p>
        </div>
      </div>
      <Compose
        programId={null}
        whose="the programs it names"
        format={
          <>
            A CSV with the columns <code>program_id</code> and <code>code_id</code>.
          </>
        }
      />
    </div>
  );
}
