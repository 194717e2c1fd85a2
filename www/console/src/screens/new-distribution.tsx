/** A new distribution of codes of one program. */
import { useEffect } from "preact/hooks";

import { Compose } from "../distribution/compose.js";
import { explainReading } from "../explain.js";
import { codes, dates } from "../format.js";
import type { Reader } from "../lists/reading.js";
import { ActionButton, Download } from "../parts/action-button.js";
import { Crumbs } from "../parts/crumbs.js";
import { Callout, ProgramStatus, ProgramTitle } from "../parts/small.js";
import { Link, paths } from "../router.js";
import { useConfig } from "../server/config.js";
import { toWorkerError } from "../server/error.js";
import { apiOf, useCodeSummary, useProgram } from "../server/programs.js";
import { getJson } from "../server/request.js";
import { sampleUrl } from "../server/sandbox.js";
import type { ProgramCode } from "../server/types.js";

export function NewDistribution({ programId }: { programId: string }) {
  const config = useConfig();
  const { program, name, isMissing, isLoading } = useProgram(programId);
  const summary = useCodeSummary(programId).value;

  useEffect(() => {
    document.title = `New distribution · ${name} · Vouchers`;
  }, [name]);

  return (
    <div class="page">
      <Crumbs program={[programId, name]}>New distribution</Crumbs>
      <div class="page-head">
        <div>
          <ProgramTitle name={name} isLoading={isLoading} />
          <p class="facts">
            {program && (
              <>
                <ProgramStatus status={program.status} />
                <span>{dates(program.startsAt, program.endsAt)}</span>
              </>
            )}
            {summary && <span>{codes(summary.total)} in the program</span>}
          </p>
        </div>
      </div>
      {isMissing && (
        <Callout tone="unknown" title="This program is not among those of your organization">
          <p>
            Uber will probably refuse a list for it. <Link to={paths.programs}>Choose another</Link>
            .
          </p>
        </Callout>
      )}
      {(program?.status === "CANCELED" || program?.status === "COMPLETE") && (
        <Callout tone="note" title={`This program is ${program.status.toLowerCase()}`}>
          <p>It is not known what Uber does with codes of such a program.</p>
        </Callout>
      )}
      <Compose
        programId={programId}
        whose={name}
        format={
          <>
            A CSV or an Excel workbook with a <code>code_id</code> column, or one code per line; or
            the e-mail addresses or telephone numbers of guests.
          </>
        }
        more={(reader) =>
          config?.environment === "sandbox" && <Try programId={programId} reader={reader} />
        }
      />
    </div>
  );
}

/** With the sandbox: sample lists to try. */
function Try({ programId, reader }: { programId: string; reader: Reader }) {
  const use = async () => {
    try {
      const { codes: found } = await getJson<{ codes: ProgramCode[] }>(`${apiOf(programId)}/codes`);
      const text = found.map(({ code }) => code).join("\n");
      await reader.read(new Blob([text]), "This program’s codes");
    } catch (error) {
      const { what, todo } = explainReading(toWorkerError(error));
      reader.refuse(`${what}. ${todo}`);
    }
  };
  return (
    <p class="try">
      To try it in the sandbox:{" "}
      <ActionButton look="link" onClick={() => void use()}>
        read this program’s codes
      </ActionButton>{" "}
      or download them as a <Download href={sampleUrl(programId, false)}>CSV</Download>, also{" "}
      <Download href={sampleUrl(programId, true)}>with mistakes</Download>.
    </p>
  );
}
