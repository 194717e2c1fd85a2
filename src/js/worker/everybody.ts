/** Everybody: never Uber's own "all", but a list of those who are meant. */
import type { CodeList } from "../code-list.js";
import { parseCodes } from "../parse.js";
import type { ProgramObject } from "./program.js";
import { refuse } from "./problem.js";
import { settings } from "./settings.js";

/** Every code of the program that is not cancelled. */
export async function everybody(program: ProgramObject, programId: string): Promise<CodeList> {
  if (!settings().allowDistributeAll) {
    throw refuse(
      403,
      "distribute_all_refused",
      "This worker does not distribute to everybody",
      "List the codes, or set `allowDistributeAll` where the worker is created.",
    );
  }
  const codes = await program.client.listCodes(programId);
  const open = codes.filter(({ canceledAt }) => canceledAt === null);
  return parseCodes(open.map(({ codeId }) => codeId));
}
