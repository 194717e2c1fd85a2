/**
 * What looks like an e-mail address or a telephone number. `mask` follows `src/mask.rs`;
 * `tests/vectors/personal-data.json` has examples for both.
 */

/** A telephone number has at least this many digits. */
const PHONE_DIGITS = 7;
/** And at most this many, with its country code (E.164). */
const MAX_PHONE_DIGITS = 15;
const LONGEST_TEXT = 200;

const EMAIL = /^[^\s@]+@[^\s@]+$/;
const PHONE = /^\+?[\d\s()./-]+$/;
/** The characters of an address: no space, and none of RFC 5322's specials except `@` and `.`. */
const EMAIL_RUN = /[^\0- <>()[\],;:"\\]+/g;
/**
 * The characters of a number. Beyond ASCII there are dashes and spaces, so all of that can be part
 * of one.
 */
const PHONE_RUN = /[\d ()+./\u0080-\u{10ffff}-]+/gu;

const digitsIn = (text: string): number => text.replaceAll(/\D/g, "").length;

/** Whether a text has as many digits as a telephone number, whatever is between them. */
export const hasPhoneDigits = (text: string): boolean => digitsIn(text) >= PHONE_DIGITS;

/** Whether a text is an e-mail address. */
export const isEmail = (text: string): boolean => EMAIL.test(text.trim());

/** Whether a text is a telephone number. */
export const isPhone = (text: string): boolean =>
  PHONE.test(text.trim()) && hasPhoneDigits(text) && digitsIn(text) <= MAX_PHONE_DIGITS;

/**
 * Hides addresses and telephone numbers in a text, and shortens it. It hides too much rather than
 * too little: a word with an `@` is replaced as a whole, and so are groups of digits that may be a
 * date.
 */
export function mask(text: string): string {
  const masked = text
    .replaceAll(EMAIL_RUN, (run) => (run.includes("@") ? "[email]" : run))
    .replaceAll(PHONE_RUN, (run) => (hasPhoneDigits(run) ? " [phone] " : run))
    .replaceAll(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, "");
  return Array.from(masked).slice(0, LONGEST_TEXT).join("");
}

/** The first letter of a text. */
function initial(text: string | null): string | null {
  const [letter] = text?.trim() ?? "";
  return letter === undefined ? null : `${letter}…`;
}

/** A name, shortened to what tells it from others. */
export const maskName = initial;

/** An address, shortened to its first letter and the part after the `@`. */
export function maskEmail(email: string | null): string | null {
  const at = email?.lastIndexOf("@") ?? -1;
  return email === null || at < 1 ? initial(email) : `${initial(email)}${email.slice(at)}`;
}

/** A number, shortened to roughly the country code and the last two digits. */
export function maskPhone(phone: string | null): string | null {
  const number = phone?.replaceAll(/[^\d+]/g, "") ?? "";
  if (number === "") return null;
  return digitsIn(number) <= PHONE_DIGITS ? "…" : `${number.slice(0, 3)}…${number.slice(-2)}`;
}
