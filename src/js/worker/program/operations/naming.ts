/** The name and the note that operators give a job. */
import { invalid, readText } from "../../http/parse-parameters.js";
import { LIMITS } from "../../limits.js";
import type { Naming } from "../../objects.js";
import type { Live } from "../updates/live.js";
import { type JobRecord, type Records, note } from "../jobs/records.js";
import type { ProgressReports } from "../updates/progress-reports.js";

/** Reads the members of a body. */
export function namingOf(members: Partial<Record<"name" | "note", unknown>>): Naming {
  const { name, note: said } = members;
  if (name === undefined && said === undefined) {
    throw invalid("The body has neither a `name` nor a `note`", "Pass at least one.");
  }
  return {
    name: readText("name", name, LIMITS.nameCharacters),
    note: emptied(readText("note", said ?? undefined, LIMITS.noteCharacters), said),
  };
}

const emptied = (text: string | undefined, said: unknown) =>
  said === null || text === "" ? null : text;

export async function rename(
  program: { readonly records: Records; readonly live: Live; readonly reports: ProgressReports },
  record: JobRecord,
  naming: Naming,
  by: string,
): Promise<void> {
  const { summary } = record;
  if (naming.name !== undefined) summary.name = naming.name;
  if (naming.note !== undefined) summary.note = naming.note;
  note(record, { by, action: "renamed", detail: summary.name });
  program.records.save(record);
  program.live.changed(summary.id);
  await program.reports.report(record);
}
