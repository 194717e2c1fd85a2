/** The most that the codes of a list can cost: those of each program, and together. */
import type { Check } from "../lists/check.js";
import { amountOfSome, money, together } from "../money.js";
import { canonicalId } from "../router.js";
import type { Again } from "../server/jobs.js";
import { usePrograms } from "../server/programs.js";
import { leavingOfProgram } from "./list-decisions.js";

interface Costs {
  /** Of each program whose amount can be derived. */
  ofProgram: ReadonlyMap<string, string>;
  /** `null` if the amount of one of them can't be derived. */
  all: string | null;
}

const NONE: Costs = { ofProgram: new Map(), all: null };

export function useCosts(check: Check, again: Again): Costs {
  const { value } = usePrograms();
  if (check.step !== "checked" || value === null) return NONE;
  const known = new Map(value.programs.map((program) => [canonicalId(program.id), program]));
  const ofProgram = new Map<string, string>();
  const amounts: Parameters<typeof together>[0][number][] = [];
  for (const [id, result] of check.byProgram) {
    const leaving = leavingOfProgram(result, again);
    if (leaving === 0) continue;
    const program = known.get(canonicalId(id));
    const { codes: total, cancelled: canceled } = result.check;
    const currency = program?.currencyCode ?? null;
    const amount =
      program === undefined || leaving === null || total === null || canceled === null
        ? null
        : amountOfSome(program, leaving, { total, canceled });
    amounts.push({ amount, currency });
    const most = money(amount, currency);
    if (most !== null) ofProgram.set(id, most);
  }
  return { ofProgram, all: together(amounts) };
}

export function Cost({ check, again }: { check: Check; again: Again }) {
  const { all } = useCosts(check, again);
  if (all === null) return null;
  return (
    <>
      They cost at most <b>{all}</b> together.{" "}
    </>
  );
}
