/** The states of a code, in the order in which a `JobSample` counts them. */
import { STATES } from "../generated/protocol.js";
import type { CodeState } from "../job/types.js";

/** The states of a code, in the order in which a `JobSample` counts them. */
export const SAMPLED_STATES: readonly CodeState[] = STATES;
