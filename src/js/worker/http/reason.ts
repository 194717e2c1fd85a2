/** The reason that an operator gives for an action, for the audit trail. */
import { invalid, readMembers } from "./parameters.js";
import { mediaType, readJson, refuseBody } from "./request-body.js";

const LONGEST = 500;

/** The member `reason` of a JSON body; `null` if there is none. */
export async function readReason(request: Request): Promise<string | null> {
  if (mediaType(request) !== "application/json") {
    await refuseBody(request);
    return null;
  }
  return reasonIn(readMembers(await readJson(request), ["reason"]).reason);
}

/** The same, of members that were already read. */
export function reasonIn(reason: unknown): string | null {
  if (reason === undefined || reason === null) return null;
  if (typeof reason !== "string" || reason.length > LONGEST) {
    throw invalid(`\`reason\` must be text of at most ${LONGEST} characters`);
  }
  return reason.trim() === "" ? null : reason.trim();
}
