/** One program, as far as it is known. */
import type { VoucherProgram } from "uber-vouchers";

import { programs } from "./api.js";
import { shortId } from "./format.js";
import { useStore } from "./store.js";

export interface Known {
  program: VoucherProgram | null;
  name: string;
  /** The programs are being read for the first time. */
  isLoading: boolean;
  /** The programs have been read, and it is not among them. */
  isMissing: boolean;
}

export function useProgram(programId: string): Known {
  const { value, error } = useStore(programs);
  const program = value?.find((one) => one.programId === programId) ?? null;
  return {
    program,
    name: program?.name ?? `Program ${shortId(programId)}`,
    isLoading: value === null && error === null,
    isMissing: value !== null && program === null,
  };
}
