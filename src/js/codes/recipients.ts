/** Finds the codes of recipients: `matchRecipients`. */
import { instance } from "../wasm/binding.js";
import { toCodeList } from "./code-list.js";
import { type TextInput, readInput } from "./codes-input.js";
import { guard, notRead, refuseAborted } from "./guard.js";
import { type Step, withInput } from "./stream.js";
import {
  type ColumnSelector,
  type ParseOptions,
  createReader,
  listsOf,
  parseSchema,
  progressOf,
  refuseMissing,
} from "./parse.js";
import { toVoucherError, tryOrUndefined, clientError } from "../errors.js";
import type { RecipientMatches, RecipientRow } from "../generated/recipients.js";
import { column, isFunction, membersOf, readOptions } from "../schema.js";
import { Yielder } from "../turn.js";
import type { CallSignal, Guest } from "../types.js";

export type { RecipientMatches, RecipientRow };

/**
 * Where recipients are read from: text with one per line or a CSV (a string, bytes, a
 * file, a stream), or a list of strings with one per entry.
 */
export type RecipientsInput = TextInput | Iterable<string>;

/** The members of a guest that are used; guests from `listGuests` have them. */
export type RecipientGuest = Pick<Guest, "email" | "phone" | "codeId" | "codeText">;

/** The options of `matchRecipients`. */
export interface MatchOptions extends ParseOptions {
  /**
   * The column of the recipients. Default: the only column, otherwise the first with a
   * usual name: of e-mail addresses (`email`, `E-Mail-Adresse`, `Courriel`, `Correo`, …), of
   * telephone numbers (`phone`, `Telefon`, `Téléphone`, `Móvil`, …), `code_text`, `code_id`.
   */
  column?: ColumnSelector;
  /**
   * The column of telephone numbers beside that of e-mail addresses. Default: one with a
   * usual name, unless `column` is given.
   */
  phoneColumn?: ColumnSelector;
}

const GUESTS_AT_ONCE = 1_000;

/**
 * Finds the codes of people among the guests of a program.
 *
 * A recipient is an e-mail address (compared without case; also `Ada <ada@example.com>`,
 * and several of them on the only line), a telephone number (compared by its digits, with
 * `+` or `00` and the country code) or the text of a code (compared without case). The id
 * of a code stands for that code. Nothing is guessed: a row is matched only if exactly one
 * code fits. A row with an e-mail address and a telephone number matches the guest who has
 * both; if no guest has one of them, the other counts; if they belong to different guests,
 * the row is ambiguous.
 *
 * The guests are read first, then the input, which may have any length. The result is an
 * ordinary list of codes, without personal data.
 *
 * @throws {ValidationError} `empty_codes` for `undefined` and `null`, `invalid_codes` for
 *   anything that is neither text nor a list, `invalid_options`.
 * @throws {ConnectionError} `aborted` by the signal; `connection_failed` if the input or
 *   the guests fail, with what they threw as `cause`. An error of `listGuests` is thrown
 *   unchanged.
 */
export async function matchRecipients(
  input: RecipientsInput,
  guests: AsyncIterable<RecipientGuest> | Iterable<RecipientGuest>,
  options?: MatchOptions,
): Promise<RecipientMatches> {
  return withInput(input, async (begun) => {
    const read = readOptions(options ?? {}, { ...parseSchema, phoneColumn: column });
    const { phoneColumn } = read;
    const phone = phoneColumn === undefined ? undefined : { column: phoneColumn };
    refuseMissing(begun);
    const source = iteratorOf(guests);
    const glue = await instance.load();
    const { generation } = instance;
    const reader = instance.callSync(() => createReader(glue, read, phone));
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
          // A trap concerns the instance, anything else the input.
          throw cause instanceof WebAssembly.RuntimeError ? cause : toVoucherError(cause, notRead);
        }
        const [rows, group] = reader.finishRecipients();
        const [codes] = listsOf([group]);
        return { ...rows, codes: toCodeList(codes) };
      });
    } finally {
      if (!hasAllGuests) source.stop();
      if (instance.isLive(generation)) reader.free();
    }
  });
}

interface Source {
  next(): Step | Promise<Step>;
  /** Closes the iterator, without waiting, because it may hang. */
  stop(): void;
}

/** The guests as the caller passes them. */
function iteratorOf(guests: unknown): Source {
  const get = (name: symbol) =>
    tryOrUndefined(() => {
      const begin = membersOf(guests)[name];
      return isFunction(begin) ? begin : undefined;
    });
  const begin = get(Symbol.asyncIterator) ?? get(Symbol.iterator);
  if (begin === undefined || typeof guests === "string") {
    const hint = "Pass what `client.listGuests` returns, or a list of guests.";
    throw clientError("invalid_options", "`guests` must be an iterable of guests", hint);
  }
  let iterator: { next(): Step | Promise<Step>; return?(): unknown } | undefined;
  return {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- What is no iterator fails, and that is told.
    next: () => (iterator ??= begin.call(guests) as NonNullable<typeof iterator>).next(),
    stop: () => void (async () => iterator?.return?.())().catch(() => {}),
  };
}

/** Reads all guests, in portions. */
async function addGuests(
  source: Source,
  add: (some: (string | null)[][]) => void,
  signal: CallSignal | undefined,
): Promise<void> {
  const turn = new Yielder();
  let some: (string | null)[][] = [];
  for (;;) {
    const step = source.next();
    const { done, value } = isPromise(step) ? await guard(signal, () => step) : step;
    if (done !== true) some.push(textsOf(value));
    if (done === true || some.length === GUESTS_AT_ONCE) {
      add(some);
      some = [];
      refuseAborted(signal);
      await turn.yieldIfSlow();
    }
    if (done === true) return;
  }
}

const isPromise = (step: Step | Promise<Step>): step is Promise<Step> =>
  isFunction(membersOf(step)["then"]);

/** The members of a guest that the core gets; `undefined` if they are not text. */
function textsOf(guest: unknown): (string | null)[] {
  const members = membersOf(guest);
  const of = (name: string) => {
    const value = tryOrUndefined(() => members[name]);
    return typeof value === "string" ? value : null;
  };
  return [of("email"), of("phone"), of("codeText"), of("codeId")];
}
