/** The name and the note that operators give a job. */
import { invalid } from "../http/parameters.js";
import type { Naming } from "../objects.js";
import type { Live } from "./live.js";
import { type JobRecord, type Records, note } from "./records.js";
import type { Reports } from "./reports.js";

const LONGEST_NAME = 200;
const LONGEST_NOTE = 2_000;

/** Reads the members of a body. */
export function namingOf(members: Partial<Record<"name" | "note", unknown>>): Naming {
  const { name, note: said } = members;
  if (name === undefined && said === undefined) {
    throw invalid("The body says neither a `name` nor a `note`", "Say at least one.");
  }
  return {
    name: textOf("name", name, LONGEST_NAME),
    note: emptied(textOf("note", said ?? undefined, LONGEST_NOTE), said),
  };
}

const emptied = (text: string | undefined, said: unknown) =>
  said === null || text === "" ? null : text;

function textOf(member: string, value: unknown, most: number): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "string" || value.length > most) {
    throw invalid(`\`${member}\` must be text of at most ${most} characters`);
  }
  return value.trim();
}

export async function rename(
  program: { readonly records: Records; readonly live: Live; readonly reports: Reports },
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
