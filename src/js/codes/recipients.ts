/** Lists of people: `matchRecipients`. */
import { instance } from "../wasm/binding.js";
import { type CodeList, type ListParts, toCodeList } from "./code-list.js";
import { type TextInput, readInput } from "./codes-input.js";
import { guard, notRead, refuseAborted } from "./guard.js";
import { type Step, withInput } from "./stream.js";
import {
  type ParseOptions,
  createReader,
  parseSchema,
  progressOf,
  refuseMissing,
} from "./parse.js";
import { ours, quietly, refusal } from "../errors.js";
import type { RecipientReason, RejectionReason } from "../generated/protocol.js";
import { isFunction, membersOf, readOptions } from "../schema.js";
import { Turn } from "../turn.js";
import type { CallSignal, Guest } from "../types.js";

/**
 * Where recipients come from: text with one a line or a CSV (a string, bytes, a file, a
 * stream), or a list of strings with one an entry.
 */
export type RecipientsInput = TextInput | Iterable<string>;

/** What is needed of a guest: those that `listGuests` gives have it. */
export type RecipientGuest = Pick<Guest, "email" | "phone" | "codeId" | "codeText">;

/** What `matchRecipients` takes. */
export interface MatchOptions extends ParseOptions {
  /**
   * The column that holds the recipients. Default: the only column, else the first of
   * `email`, `email_address`, `mail`, `phone`, `phone_number`, `telephone`,
   * `telephone_number`, `mobile`, `mobile_number`, `code_text` that exists, and with an
   * e-mail address the telephone number too, if there is one.
   */
  column?: NonNullable<ParseOptions["column"]>;
}

/** One row that led to no code. It holds a person's data: don't log it. */
export interface RecipientRow {
  /** From 1; of a list of strings, the entry's number. */
  line: number;
  /** What stood there, shortened if it is long. Of two columns, the first that isn't empty. */
  value: string;
  /** Why. */
  reason: RecipientReason | RejectionReason;
  /** The reason in a sentence. */
  message: string;
  /** The codes that it could mean, of an ambiguous row. */
  codes: string[];
}

/** What became of a list of recipients. Each row is in one of the four. */
export interface RecipientMatches {
  /** The codes of the guests that were found. Who stands there twice is one of `duplicates`. */
  codes: CodeList;
  /** Rows whose recipient is no guest, and rows that could not be read. */
  unmatched: RecipientRow[];
  /** Rows that lead to several codes. */
  ambiguous: RecipientRow[];
  /** Rows of guests who have no code. */
  withoutCode: RecipientRow[];
  /** How many rows there are of each kind; of more than 100,000, the first are listed. */
  counts: { unmatched: number; ambiguous: number; withoutCode: number };
}

/** What the core hands over. */
interface MatchParts extends Omit<RecipientMatches, "codes"> {
  /** One list, of the codes. */
  lists: [Omit<ListParts, "ids">];
  ids: Uint8Array;
}

const GUESTS_AT_ONCE = 1_000;

/**
 * Finds the codes of people, by the guests of a program.
 *
 * A recipient is an e-mail address (compared without case), a telephone number (by its
 * digits, with `+` and the country code) or the text of a code (without case). Nothing is
 * guessed: a row is matched if it leads to exactly one code. A row with an e-mail address
 * and a telephone number means the guest who has both; if one of them is nobody's, the
 * other counts; if they are those of different guests, the row is ambiguous.
 *
 * The guests are read first, then the input, which may be as long as it likes. What comes
 * of it is an ordinary list of codes, without anybody's data.
 *
 * @throws {ValidationError} `empty_codes` for `undefined` and `null`, `invalid_codes` for
 *   what is neither text nor a list, `invalid_options`.
 * @throws {ConnectionError} `aborted` by the signal; `connection_failed` if the input or
 *   the guests fail, with what they threw as `cause`. An error of `listGuests` is thrown
 *   as it is.
 */
export async function matchRecipients(
  input: RecipientsInput,
  guests: AsyncIterable<RecipientGuest> | Iterable<RecipientGuest>,
  options?: MatchOptions,
): Promise<RecipientMatches> {
  return withInput(input, async (begun) => {
    const read = readOptions(options ?? {}, parseSchema);
    refuseMissing(begun);
    const source = iteratorOf(guests);
    const glue = await instance.load();
    const { generation } = instance;
    const reader = instance.callSync(() => createReader(glue, read));
    let hasAllGuests = false;
    try {
      return await instance.call("no", async () => {
        try {
          reader.expectRecipients();
          await addGuests(source, (some) => reader.addGuests(some), read.signal);
          hasAllGuests = true;
          const tell = progressOf(reader, read.onProgress);
          await readInput(begun, reader, false, read, tell);
        } catch (cause) {
          // A trap tells of the instance, anything else of the input.
          throw cause instanceof WebAssembly.RuntimeError ? cause : ours(cause, notRead);
        }
        // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- What `finish_recipients` makes.
        const { lists, ids, ...rows } = reader.finishRecipients() as MatchParts;
        return { ...rows, codes: toCodeList({ ...lists[0], ids }) };
      });
    } finally {
      if (!hasAllGuests) source.stop();
      if (instance.isLive(generation)) reader.free();
    }
  });
}

interface Source {
  next(): Step | Promise<Step>;
  /** Nobody will read the rest. Not waited for, as it may hang. */
  stop(): void;
}

/** Guests as they come. */
function iteratorOf(guests: unknown): Source {
  const get = (name: symbol) =>
    quietly(() => {
      const begin = membersOf(guests)[name];
      return isFunction(begin) ? begin : undefined;
    });
  const begin = get(Symbol.asyncIterator) ?? get(Symbol.iterator);
  if (begin === undefined || typeof guests === "string") {
    const hint = "Pass what `client.listGuests` gives, or a list of guests.";
    throw refusal("invalid_options", "`guests` must be an iterable of guests", hint);
  }
  let iterator: { next(): Step | Promise<Step>; return?(): unknown } | undefined;
  return {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- What is no iterator fails, and that is told.
    next: () => (iterator ??= begin.call(guests) as NonNullable<typeof iterator>).next(),
    stop: () => void (async () => iterator?.return?.())().catch(() => {}),
  };
}

/** Reads all guests, some at a time. */
async function addGuests(
  source: Source,
  add: (some: (string | null)[][]) => void,
  signal: CallSignal | undefined,
): Promise<void> {
  const turn = new Turn();
  let some: (string | null)[][] = [];
  for (;;) {
    const step = source.next();
    const { done, value } = isPromise(step) ? await guard(signal, () => step) : step;
    if (done !== true) some.push(textsOf(value));
    if (done === true || some.length === GUESTS_AT_ONCE) {
      add(some);
      some = [];
      refuseAborted(signal);
      await turn.end();
    }
    if (done === true) return;
  }
}

const isPromise = (step: Step | Promise<Step>): step is Promise<Step> =>
  isFunction(membersOf(step)["then"]);

/** What the core takes of a guest; nothing where it is no text. */
function textsOf(guest: unknown): (string | null)[] {
  const members = membersOf(guest);
  const of = (name: string) => {
    const value = quietly(() => members[name]);
    return typeof value === "string" ? value : null;
  };
  return [of("email"), of("phone"), of("codeText"), of("codeId")];
}
