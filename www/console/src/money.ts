/** Money, as Uber states it. What can't be derived is left out, never guessed. */
import type { Program } from "./server/types.js";

type Stated = Pick<Program, "totalDollarExposure" | "currencyCode" | "codeScheme">;

/** `€92,000`; `null` where the currency is not known. */
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
    // Uber's word is no currency.
    return null;
  }
}

/** The most that all of a program's codes can cost. */
export const mostOf = ({ totalDollarExposure, currencyCode }: Stated): string | null =>
  totalDollarExposure ? money(totalDollarExposure, currencyCode) : null;

/**
 * The most that so many codes can cost: all codes of a program are worth the same. Left out where
 * they don't share it to the cent, or where cancelled codes may or may not count.
 */
export function mostOfSome(
  program: Stated,
  some: number,
  { total, canceled }: { total: number; canceled: number },
): string | null {
  const { totalDollarExposure, currencyCode, codeScheme } = program;
  if (codeScheme === "SINGLE_CODE_MULTI_REDEEM") return null;
  if (!totalDollarExposure || total === 0 || canceled > 0 || some > total) return null;
  const cents = (totalDollarExposure * 100) / total;
  if (some !== total && Math.abs(cents - Math.round(cents)) > 1e-6) return null;
  return money((totalDollarExposure * some) / total, currencyCode);
}
