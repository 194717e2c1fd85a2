/**
 * Compares a list with its program's list before anything is sent: which of its codes Uber does not
 * list, which are cancelled, and which are in use.
 */
import { MAX_NAMED } from "../../limits.js";
import { hexOf } from "../../../codes/code-list.js";
import { ForeignOwners } from "./foreign-owners.js";
import type { CheckFlags } from "../../fingerprint.js";
import { FOREIGN, KEPT_MS, LISTED, type Listed, type Listing } from "./listing.js";
import type { Budget } from "../../budget.js";
import type { Stubs } from "../../stubs.js";
import { faultOf, refuse } from "../../problem.js";
import type { DryRun, ForeignCode, JobFault } from "../../types.js";

const ID = 16;
/** If a code is missing, a list older than this is read again: the code may be new. */
const MAX_AGE_FOR_FOREIGN_MS = 5_000;

/** Of a program with so few codes, a list older than a minute is read again. */
const FEW_CODES = 5_000;
const FEW_KEPT_MS = 60_000;

/** If a turn for a request would come later than this, the list is read without one. */
const MAX_TURN_MS = 20_000;

/** How a list is compared. */
export interface CompareOptions {
  /** One of many programs: these take turns, because together they would exceed Uber's rate. */
  isOneOfMany: boolean;
  /** Codes may be sent again: Uber's list is read again. */
  isResent: boolean;
}

/** The result of comparing a list, and what it was compared with. */
export interface Checked {
  /** For each code: `LISTED`, or `FOREIGN`; undefined if Uber's list could not be read. */
  marks: Uint8Array | undefined;
  foreign: number;
  /** The first 1,000 foreign codes, sixteen bytes each. */
  firstForeign: Uint8Array;
  check: DryRun["check"];
}

export class ListChecks {
  readonly #owners: ForeignOwners;

  constructor(
    readonly program: { readonly budget: Budget; readonly stubs: Stubs },
    readonly listing: Listing,
  ) {
    this.#owners = new ForeignOwners(program, listing.env);
  }

  /** Compares a list with Uber's. Never throws. */
  async compare(
    programId: string,
    ids: Uint8Array,
    { isOneOfMany, isResent }: CompareOptions,
  ): Promise<Checked> {
    try {
      // Codes that are in use by now are not sent again.
      const mostMs = isResent ? 0 : this.#mostMs();
      if (isOneOfMany && this.listing.kept(mostMs) === undefined) await this.#turn(programId);
      let listed = await this.#listed(programId, mostMs);
      let found = compare(ids, listed);
      if (found.foreign > 0 && Date.now() - listed.readAt > MAX_AGE_FOR_FOREIGN_MS) {
        listed = await this.listing.read(programId);
        found = compare(ids, listed);
      }
      const { readAt, size: codes, cancelled } = listed;
      return { ...found, check: { readAt, codes, cancelled, error: null } };
    } catch (error) {
      const fault: JobFault = { ...faultOf(error), queued: "no" };
      const nothing = { marks: undefined, foreign: 0, firstForeign: new Uint8Array() };
      return { ...nothing, check: { readAt: null, codes: null, cancelled: null, error: fault } };
    }
  }

  /**
   * Uber's list, not older than this if it can be read; otherwise the cached one, so that an outage
   * blocks nobody.
   */
  async #listed(programId: string, mostMs: number): Promise<Listed> {
    try {
      return await this.listing.atMost(mostMs, programId);
    } catch (error) {
      const kept = this.listing.kept(KEPT_MS);
      if (kept === undefined) throw error;
      return kept;
    }
  }

  /** How old the list may be: reading a long one again takes seconds. */
  #mostMs(): number {
    const { size = 0 } = this.listing.kept(KEPT_MS) ?? {};
    return size > FEW_CODES ? KEPT_MS : FEW_KEPT_MS;
  }

  async #turn(programId: string): Promise<void> {
    const { from } = await this.program.stubs.app().lease(programId, 1);
    const waitMs = Math.min(from - Date.now(), MAX_TURN_MS);
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }

  /**
   * Compares a list that is to be sent.
   *
   * @throws if Uber's list lacks some of the codes or can't be read, and the request does not
   *   allow to send them anyway.
   */
  async require(
    programId: string,
    ids: Uint8Array,
    { allowForeign, unchecked }: CheckFlags,
    how: CompareOptions,
  ): Promise<Uint8Array | undefined> {
    this.listing.release();
    if (unchecked && !how.isResent) return undefined;
    const checked = await this.compare(programId, ids, how);
    // Codes in use are not sent again, as far as that is known.
    if (unchecked) return checked.marks;
    const { error } = checked.check;
    if (error !== null) throw notRead(error);
    if (checked.foreign > 0 && !allowForeign) {
      const codes = how.isOneOfMany
        ? namedBy(checked.firstForeign, [])
        : await this.nameForeign(programId, checked);
      throw foreign(checked.foreign, ids.length / ID, codes);
    }
    return checked.marks;
  }

  /** The first foreign codes, each with the program that has it, if known. */
  async nameForeign(programId: string, { firstForeign }: Checked): Promise<ForeignCode[]> {
    const owners = firstForeign.length > 0 ? await this.#owners.find(programId, firstForeign) : [];
    return namedBy(firstForeign, owners);
  }
}

export function namedBy(ids: Uint8Array, owners: readonly (string | null)[]): ForeignCode[] {
  return Array.from({ length: ids.length / ID }, (_, index) => {
    return { code: hexOf(ids, index * ID), program: owners[index] ?? null };
  });
}

function compare(ids: Uint8Array, listed: Listed): Omit<Checked, "check"> {
  const marks = new Uint8Array(ids.length / ID);
  const indices: number[] = [];
  let [index, foreign] = [0, 0];
  for (const mark of listed.marksOf(ids)) {
    marks[index] = mark === -1 ? FOREIGN : mark;
    if (mark === -1) {
      foreign += 1;
      if (indices.length < MAX_NAMED) indices.push(index);
    }
    index += 1;
  }
  const firstForeign = new Uint8Array(indices.length * ID);
  indices.forEach((from, at) =>
    firstForeign.set(ids.subarray(from * ID, (from + 1) * ID), at * ID),
  );
  return { marks, foreign, firstForeign };
}

/** Whether a code is not sent, because Uber lists it as cancelled or in use. */
export const isLeftOut = (mark: number | undefined): boolean =>
  mark === LISTED.cancelled || mark === LISTED.used;

function foreign(count: number, all: number, codes: ForeignCode[]) {
  const [named] = codes.flatMap(({ program }) => program ?? []);
  const what = count === 1 ? "1 code is" : `${count} codes are`;
  return refuse(
    422,
    "foreign_codes",
    `${what} not in this program${count === all && count > 1 ? ": none of the list is" : ""}`,
    `${named === undefined ? "" : `The program ${named} has some of them. `}Correct the list, or the program. To send them anyway, pass \`allowForeign=true\`.`,
    { more: { count, codes } },
  );
}

function notRead(cause: JobFault) {
  return refuse(
    503,
    "codes_not_read",
    `Uber's list of the program's codes could not be read: ${cause.message}`,
    "Nothing was created. Try again; or pass `unchecked=true` to send without knowing whether the codes are in this program.",
    { more: { cause } },
  );
}
