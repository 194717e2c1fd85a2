/** Numbers, dates and durations in words. */

// The page is in English; of its variants, the admin's own is used.
const LOCALE = navigator.language.startsWith("en") ? navigator.language : "en-GB";

const whole = new Intl.NumberFormat(LOCALE);
const oneDigit = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(LOCALE, { hour: "numeric", minute: "2-digit" });
const moment = new Intl.DateTimeFormat(LOCALE, {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "numeric",
  minute: "2-digit",
  second: "2-digit",
  timeZoneName: "short",
});
const day = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", year: "numeric" });
const shortMoment = new Intl.DateTimeFormat(LOCALE, {
  day: "numeric",
  month: "short",
  hour: "numeric",
  minute: "2-digit",
});
const seconds = new Intl.DateTimeFormat(LOCALE, { timeStyle: "medium" });
const percent = new Intl.NumberFormat(LOCALE, { style: "percent", maximumFractionDigits: 1 });
/** The largest values for which one decimal digit is shown. */
const LEAST_SHARE = 0.001;
const ago = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });

export const number = (value: number): string => whole.format(value);

/** `1 code`, `1,204 codes`. */
export const count = (value: number, noun: string, plural = `${noun}s`): string =>
  `${number(value)} ${value === 1 ? noun : plural}`;

export const codes = (value: number): string => count(value, "code");
export const rows = (value: number): string => count(value, "row");

/** The singular or the plural for a number. */
export const verb = (value: number, one: string, many: string): string =>
  value === 1 ? one : many;

export const timeOfDay = (ms: number): string => clock.format(ms);
/** With seconds. */
export const timeOfDayExactly = (ms: number): string => seconds.format(ms);
/** Without the year, for recent days. */
export const shortDateTime = (ms: number): string => shortMoment.format(ms);
export const decimal = (value: number): string => oneDigit.format(value);
/** The shares of the parts of a whole: they add up, none is 0% of something, nor 100% of a part. */
export function shares(parts: readonly number[]): string[] {
  const whole = parts.reduce((sum, part) => sum + part, 0);
  const exact = parts.map((part) => (whole === 0 ? 0 : part / whole / LEAST_SHARE));
  const units = exact.map(Math.floor);
  const missing =
    Math.round(exact.reduce((sum, one) => sum + one, 0)) - units.reduce((sum, one) => sum + one, 0);
  // The largest remainders are rounded up.
  exact
    .map((one, at) => ({ at, rest: one - Math.floor(one) }))
    .sort((one, other) => other.rest - one.rest)
    .slice(0, missing)
    .forEach(({ at }) => (units[at] = (units[at] ?? 0) + 1));
  return parts.map((part, at) => {
    const unit = units[at] ?? 0;
    const isAlmost = unit * LEAST_SHARE >= 1 && part < whole;
    if (part > 0 && unit === 0) return `< ${percent.format(LEAST_SHARE)}`;
    return isAlmost ? `> ${percent.format(1 - LEAST_SHARE)}` : percent.format(unit * LEAST_SHARE);
  });
}
export const dateTime = (ms: number): string => moment.format(ms);
export const iso = (ms: number): string => new Date(ms).toISOString();

/** `1 Nov – 31 Dec 2026`, with the dates that Uber states. */
export function dates(from: number | null, to: number | null): string {
  if (from !== null && to !== null && to >= from) return day.formatRange(from, to);
  if (from !== null) return `from ${day.format(from)}`;
  if (to !== null) return `until ${day.format(to)}`;
  return "Not given";
}

/** `3 minutes ago`. */
export function since(then: number, now: number): string {
  const seconds = Math.round((then - now) / 1000);
  if (seconds > -60) return "just now";
  const minutes = Math.round(seconds / 60);
  if (minutes > -60) return ago.format(minutes, "minute");
  const hours = Math.round(minutes / 60);
  return hours > -24 ? ago.format(hours, "hour") : ago.format(Math.round(hours / 24), "day");
}

/** `40 ms`, `1.4 s`, `12 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(1, Math.round(ms))} ms`;
  if (ms < 10_000) return `${oneDigit.format(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `about 3 minutes left`. */
export function left(ms: number): string {
  const inSeconds = Math.max(1, Math.round(ms / 1000));
  if (inSeconds < 5) return "a few seconds left";
  if (inSeconds < 55) return `about ${Math.ceil(inSeconds / 5) * 5} seconds left`;
  const minutes = Math.round(inSeconds / 60);
  if (minutes < 60) return `about ${count(Math.max(1, minutes), "minute")} left`;
  const hours = Math.round(minutes / 30) / 2;
  return `about ${oneDigit.format(hours)} ${hours === 1 ? "hour" : "hours"} left`;
}

export function bytes(value: number): string {
  if (value < 1000) return count(value, "byte");
  if (value < 1_000_000) return `${oneDigit.format(value / 1000)} kB`;
  return `${oneDigit.format(value / 1_000_000)} MB`;
}

/** `5f0c1d52…7d01`: enough of an id to tell it from others. */
export const shortId = (id: string): string =>
  id.length > 16 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id;

const LONGEST_NAME = 72;

/** A name within a sentence. */
export function inSentence(name: string): string {
  const characters = Array.from(name);
  return characters.length > LONGEST_NAME
    ? `${characters
        .slice(0, LONGEST_NAME - 1)
        .join("")
        .trimEnd()}…`
    : name;
}
