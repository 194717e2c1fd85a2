/** What the codes of a list can cost together. */
import { mostOfSome } from "../money.js";
import { useCodeSummary, useProgram } from "../server/programs.js";

export function Cost({ programId, leaving }: { programId: string; leaving: number }) {
  const { program } = useProgram(programId);
  const summary = useCodeSummary(programId).value;
  const most = program && summary && mostOfSome(program, leaving, summary);
  if (!most) return null;
  return (
    <>
      They cost at most <b>{most}</b> together.{" "}
    </>
  );
}
