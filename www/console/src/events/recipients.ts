/**
 * Which parts of an event's body can be shown at once. The form of Uber's events is
 * undocumented, so this lists what can't be personal data, and hides everything else.
 */

import { hasPhoneDigits } from "uber-vouchers/worker-client";

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

/** Words in the names of members whose value belongs to a person. */
const PERSONAL = words(
  "address addressee attendee bcc beneficiary birth birthday birthdate cc cell city contact " +
    "contacts customer dob email emails employee employees fax firstname forename fullname guest " +
    "guests handle holder invitee lastname mail member members middlename mobile msisdn nickname " +
    "owner passenger people person persons phone phones postal postcode receiver recipient " +
    "recipients rider riders salutation sms street surname target tel telephone to user username " +
    "users whatsapp zip",
);
/** `program_name` is not a person's name; `guest_name` is one, and `name` may be. */
const NAMED_THINGS = words(
  "campaign class company currency environment event file host key organisation organization " +
    "program programme scheme template topic type voucher webhook",
);
/** Words in the names of members whose value is one of Uber's terms. */
const TERMS = words(
  "category cause code codes config currency env environment error event failure kind level " +
    "method outcome phase reason resource result scheme stage state status type version",
);
/** Words in the names of members whose value is a quantity or a time. */
const QUANTITIES = words(
  "amount at attempt attempts bytes count counts created date duration expires index limit " +
    "offset page size time timestamp timestamps total ts updated",
);
/** Other words in the names of members. */
const MEMBERS = words("body data entries first id ids item items last list meta name text uuid");
/** Values that can't be personal, whatever their member is called. */
const PLAIN = words(
  "accepted canceled cancelled claimed complete completed delivered distributed error expired " +
    "failed failure false invalid no none null ok pending production queued redeemed rejected " +
    "sandbox sent skipped success successful succeeded true unknown used valid yes",
);

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MOMENT = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/;
/** An address of Uber's API, except those that redeem a voucher. */
const RESOURCE = /^https:\/\/([\w-]+-)?api\.uber\.com(?<path>(\/[\w.-]*)*)$/;
const SEGMENT = /^(v\d+(\.\d+)?|[a-z]+(-[a-z]+)*)?$/;
const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;
const TOKEN = /^[\w.:-]+$/;
const PLAIN_MEMBER = /^[a-z_$][\w$]*$/;
const MEMBER = /^[\w$.:-]+$/;

/** Whether a value can be shown. In an array, `key` is that of the array. */
export function isHarmless(key: string, value: string): boolean {
  if (value === "" || UUID.test(value) || PLAIN.has(value.toLowerCase())) return true;
  const named = wordsOf(key);
  if (isPersonal(named)) return false;
  if (NUMBER.test(value)) return !hasPhoneDigits(value) || hasOneOf(named, QUANTITIES);
  if (MOMENT.test(value)) return true;
  const path = RESOURCE.exec(value)?.groups?.["path"];
  if (path !== undefined) return path.split("/").every(isPathSegment);
  return TOKEN.test(value) && !hasPhoneDigits(value) && hasOneOf(named, TERMS);
}

/** Whether the name of a member can be shown: it may be personal data itself. */
export function isHarmlessKey(parent: string, key: string): boolean {
  if (UUID.test(key)) return true;
  if (!MEMBER.test(key) || hasPhoneDigits(key)) return false;
  if (PLAIN_MEMBER.test(key) && !isPersonal(wordsOf(parent))) return true;
  const named = wordsOf(key);
  return [PERSONAL, TERMS, QUANTITIES, MEMBERS].some((known) => hasOneOf(named, known));
}

const isPathSegment = (segment: string): boolean => UUID.test(segment) || SEGMENT.test(segment);

const hasOneOf = (named: readonly string[], known: ReadonlySet<string>): boolean =>
  named.some((word) => known.has(word));

function isPersonal(named: readonly string[]): boolean {
  const isName = named.includes("name") || named.includes("names");
  return hasOneOf(named, PERSONAL) || (isName && !hasOneOf(named, NAMED_THINGS));
}

/** `guestEmail`, `guest_email` and `guest-email` consist of the same two words. */
const wordsOf = (key: string): string[] =>
  key
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
