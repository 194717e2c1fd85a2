/** The reason that an operator gives for an action, for the audit trail. */
import { LIMITS } from "../limits.js";
import { readMembers, readText } from "./parse-parameters.js";
import { mediaType, readJson, refuseBody } from "./request-body.js";

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
  return readText("reason", reason ?? undefined, LIMITS.reasonCharacters) || null;
}
