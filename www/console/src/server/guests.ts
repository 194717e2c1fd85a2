/** The guests of a program: who gets which of its codes. What they hold of people is kept nowhere. */
import { type Guest, createClient } from "uber-vouchers";

import { getJson } from "./request.js";
import type { Config } from "./types.js";
import { observed, worker } from "./worker.js";

const PAGE = 1_000;

/** As Uber has them: to compare a list of people with. The worker notes who has read them. */
export async function* readGuests(programId: string, signal: AbortSignal): AsyncGenerator<Guest> {
  const { organizationId } = await getJson<Config>("/api/config", signal);
  const client = createClient({ organizationId, auth: "none", baseUrl: "/", fetch: observed });
  yield* client.listGuests(programId, { pageSize: PAGE, signal });
}

/** For each code its guest, masked. */
export async function readMaskedGuests(
  programId: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Guest>> {
  const found = new Map<string, Guest>();
  for await (const guest of worker.guests(programId, { pageSize: PAGE, signal })) {
    if (guest.codeId !== null) found.set(guest.codeId.toLowerCase(), guest);
  }
  return found;
}
