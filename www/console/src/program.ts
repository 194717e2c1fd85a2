/** One program, as far as it is known. */
import type { VoucherProgram } from "uber-vouchers";

import { programs } from "./api.js";
import { shortId } from "./format.js";
import { useStore } from "./store.js";

export interface Known {
  program: VoucherProgram | null;
  name: string;
  /** The programs have been read, and it is not among them. */
  isMissing: boolean;
}

export function useProgram(programId: string): Known {
  const { value } = useStore(programs);
  const program = value?.find((one) => one.programId === programId) ?? null;
  return {
    program,
    name: program?.name ?? `Program ${shortId(programId)}`,
    isMissing: value !== null && program === null,
  };
}
