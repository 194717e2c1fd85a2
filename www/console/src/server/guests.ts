/** Who gets which code of a program: masked, unless it is asked for otherwise. Nothing of it is kept. */
import { type Guest, createClient } from "uber-vouchers";

import { apiOf } from "./programs.js";
import { getJson } from "./request.js";
import { type Config, type GuestPage, LIMITS } from "./types.js";
import { observed } from "./worker.js";

/** The shown members of a guest. The others are not kept: a program may have a million guests. */
export type Recipient = Pick<Guest, "name" | "email" | "phone" | "codeText">;

export interface Recipients {
  byCode: ReadonlyMap<string, Recipient>;
  isMasked: boolean;
}

/** `reveal` is recorded in the audit trail. */
export async function readRecipients(
  programId: string,
  reveal: boolean,
  signal: AbortSignal,
): Promise<Recipients> {
  const byCode = new Map<string, Recipient>();
  for (let pageToken: string | null = null; ;) {
    const query = new URLSearchParams({
      pageSize: String(LIMITS.guestsPerPage),
      ...(pageToken !== null && { pageToken }),
      ...(reveal && { reveal: "true" }),
    });
    const page: GuestPage = await getJson(`${apiOf(programId)}/guests?${query}`, signal);
    for (const { codeId, name, email, phone, codeText } of page.guests) {
      if (codeId !== null) byCode.set(codeId.toLowerCase(), { name, email, phone, codeText });
    }
    if (page.next === null) return { byCode, isMasked: page.masked };
    pageToken = page.next;
  }
}

/** Unmasked, to compare a list of people with them. The audit trail records who has read them. */
export async function* readGuests(programId: string, signal: AbortSignal): AsyncGenerator<Guest> {
  const { organizationId } = await getJson<Config>("/api/config", signal);
  const client = createClient({ organizationId, auth: "none", baseUrl: "/", fetch: observed });
  yield* client.listGuests(programId, { pageSize: LIMITS.guestsPerPage, signal });
}
