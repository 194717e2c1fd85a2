/** The guests of a program: who gets which of its codes. What they hold of people is kept nowhere. */
import { type Guest, createClient } from "uber-vouchers";

import { apiOf } from "./programs.js";
import { getJson } from "./request.js";
import type { Config } from "./types.js";
import { observed } from "./worker.js";

const PAGE = 1_000;

/** As Uber has them: to compare a list of people with. The worker notes who has read them. */
export async function* readGuests(programId: string, signal: AbortSignal): AsyncGenerator<Guest> {
  const { organizationId } = await getJson<Config>("/api/config", signal);
  const client = createClient({ organizationId, auth: "none", baseUrl: "/", fetch: observed });
  yield* client.listGuests(programId, { pageSize: PAGE, signal });
}

/** Who gets a code, as it is shown. */
export interface Recipient {
  name: string | null;
  email: string | null;
  phone: string | null;
}

interface GuestPage {
  guests: Guest[];
  next: string | null;
}

/** For each code its guest; masked, unless `isRevealed`, which the worker writes down. */
export async function readRecipients(
  programId: string,
  isRevealed: boolean,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Recipient>> {
  const found = new Map<string, Recipient>();
  const path = `${apiOf(programId)}/guests?pageSize=${PAGE}${isRevealed ? "&reveal=true" : ""}`;
  const read = new Set<string>();
  for (let next: string | null = ""; next !== null;) {
    const page: GuestPage = await getJson(
      next === "" ? path : `${path}&pageToken=${encodeURIComponent(next)}`,
      signal,
    );
    for (const { codeId, name, email, phone } of page.guests) {
      if (codeId !== null) found.set(codeId.toLowerCase(), { name, email, phone });
    }
    // A token that comes again would never end.
    if (page.next !== null && read.has(page.next)) break;
    if (page.next !== null) read.add(page.next);
    next = page.next;
  }
  return found;
}

/** The codes that somebody gets. */
export const readCodesWithGuest = async (
  programId: string,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> => new Set((await readRecipients(programId, false, signal)).keys());
