/**
 * Guests, as Uber has them: masked until an operator asks to see them, which the audit trail records.
 * Their personal data passes through and is stored nowhere.
 */
import { LIMITS } from "../limits.js";
import { type GuestPageReader, guestReader } from "./reading.js";
import type { Operator } from "./operator.js";
import { flag, readParameters, text, wholeNumber } from "./parse-parameters.js";
import { canonicalId } from "./routing.js";
import { stubs } from "../stubs.js";
import { maskEmail, maskName, maskPhone } from "../../personal-data.js";
import type { Guest } from "../../types.js";
import type { Call, GuestPage } from "../types.js";

const pageSize = wholeNumber(1, LIMITS.guestsPerPage);

/** A page of guests, as the core reads it. */
export async function showGuests(
  call: Call,
  program: string,
  operator: Operator,
): Promise<Response> {
  const types = { pageSize, pageToken: text, reveal: flag };
  const { pageSize: size, pageToken, reveal = false } = readParameters(call.url, types);
  if (reveal) await noteRevealed(call, program, operator);
  const { guests, next } = await readerOf(call)(program, size, pageToken);
  const shown = reveal ? guests : guests.map(masked);
  return Response.json({ guests: shown, next, masked: !reveal } satisfies GuestPage);
}

/** Get Guests, as Uber answers it, with the token of the next page at the top. */
export async function listGuests(
  call: Call,
  program: string,
  operator: Operator,
): Promise<Response> {
  const types = { limit: pageSize, page_token: text };
  const { limit, page_token: token } = readParameters(call.url, types);
  await noteRevealed(call, program, operator);
  const { guests, next } = await readerOf(call)(program, limit, token);
  const raw = guests.map(({ raw: guest }) => guest);
  return Response.json({ guests: raw, ...(next !== null && { next_token: next }) });
}

const readerOf = ({ env }: Call): GuestPageReader => guestReader(env);

/** Recorded first: nobody sees guests without an entry in the audit trail. */
function noteRevealed({ env }: Call, program: string, { name }: Operator): Promise<void> {
  return stubs(env).app().noteRevealed(name, canonicalId(program));
}

/** The guest, shortened to what tells it from the other guests of the program. */
export function masked(guest: Guest): Guest {
  const { name, email, phone } = guest;
  return {
    ...guest,
    name: maskName(name),
    email: maskEmail(email),
    phone: maskPhone(phone),
    raw: {},
  };
}
