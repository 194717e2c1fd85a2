/** Money, as Uber states it. Amounts that can't be derived are omitted, never guessed. */
import type { Program } from "./server/types.js";

type Stated = Pick<Program, "totalDollarExposure" | "currencyCode" | "codeScheme">;

/** `€92,000`; `null` if the currency is unknown. */
export function money(amount: number | null, currency: string | null): string | null {
  if (amount === null || currency === null || !Number.isFinite(amount)) return null;
  try {
    return new Intl.NumberFormat(
      navigator.language.startsWith("en") ? navigator.language : "en-GB",
      {
        style: "currency",
        currency,
        minimumFractionDigits: Number.isInteger(amount) ? 0 : 2,
        maximumFractionDigits: 2,
      },
    ).format(amount);
  } catch {
    // Uber's text is not a currency.
    return null;
  }
}

/** The most that all of a program's codes can cost. */
export const mostOf = ({ totalDollarExposure, currencyCode }: Stated): string | null =>
  totalDollarExposure ? money(totalDollarExposure, currencyCode) : null;

/**
 * The most that this many codes can cost: all codes of a program have the same value. Omitted if
 * they don't divide evenly to the cent, or if cancelled codes may or may not count.
 */
export function amountOfSome(
  { totalDollarExposure, codeScheme }: Stated,
  some: number,
  { total, canceled }: { total: number; canceled: number },
): number | null {
  if (codeScheme === "SINGLE_CODE_MULTI_REDEEM") return null;
  if (!totalDollarExposure || total === 0 || canceled > 0 || some > total) return null;
  const cents = (totalDollarExposure * 100) / total;
  if (some !== total && Math.abs(cents - Math.round(cents)) > 1e-6) return null;
  return (totalDollarExposure * some) / total;
}

export const mostOfSome = (
  program: Stated,
  some: number,
  all: { total: number; canceled: number },
): string | null => money(amountOfSome(program, some, all), program.currencyCode);

const inCents = (amount: number): number => Math.round(amount * 100) / 100;

/** `€1,200 and $90`: amounts of different currencies are not added; `null` if one is unknown. */
export function together(
  amounts: readonly { amount: number | null; currency: string | null }[],
): string | null {
  const sums = new Map<string | null, number>();
  for (const { amount, currency } of amounts) {
    sums.set(currency, (sums.get(currency) ?? 0) + (amount ?? NaN));
  }
  // Sums of cents can differ from a decimal number in the last digit.
  const all = [...sums].map(([currency, sum]) => money(inCents(sum), currency));
  return all.length === 0 || all.includes(null) ? null : all.join(" and ");
}
