/** Who gets which code of a program: masked, unless it is asked for otherwise. Nothing of it is kept. */
import { type Guest, createClient } from "uber-vouchers";

import { apiOf } from "./programs.js";
import { getJson } from "./request.js";
import type { Config } from "./types.js";
import { observed } from "./worker.js";

const PAGE = 1_000;

export interface Recipients {
  byCode: ReadonlyMap<string, Guest>;
  isMasked: boolean;
}

interface Page {
  guests: Guest[];
  next: string | null;
  masked: boolean;
}

/** `reveal` is written into the audit trail. */
export async function readRecipients(
  programId: string,
  reveal: boolean,
  signal: AbortSignal,
): Promise<Recipients> {
  const byCode = new Map<string, Guest>();
  for (let pageToken: string | null = null; ;) {
    const query = new URLSearchParams({
      pageSize: String(PAGE),
      ...(pageToken !== null && { pageToken }),
      ...(reveal && { reveal: "true" }),
    });
    const page: Page = await getJson<Page>(`${apiOf(programId)}/guests?${query}`, signal);
    for (const guest of page.guests) {
      if (guest.codeId !== null) byCode.set(guest.codeId.toLowerCase(), guest);
    }
    if (page.next === null) return { byCode, isMasked: page.masked };
    pageToken = page.next;
  }
}

/** As Uber has them: to compare a list of people with. The audit trail says who has read them. */
export async function* readGuests(programId: string, signal: AbortSignal): AsyncGenerator<Guest> {
  const { organizationId } = await getJson<Config>("/api/config", signal);
  const client = createClient({ organizationId, auth: "none", baseUrl: "/", fetch: observed });
  yield* client.listGuests(programId, { pageSize: PAGE, signal });
}
