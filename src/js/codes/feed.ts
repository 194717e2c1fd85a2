/** What goes into a reader of the core: text, or entries of a list. */
import { quietly } from "../errors.js";
import { INPUT_ENTRIES, INPUT_ENTRY, INPUT_NO_STRING, INPUT_TEXT } from "../generated/protocol.js";
import { membersOf } from "../schema.js";
import { Turn } from "../turn.js";
import type { CallSignal } from "../types.js";
import { refuseAborted } from "./guard.js";

/** What the core's reader takes. */
export interface Reader {
  /** How many bytes there will be in all, where that is known. */
  expect(bytes: number): void;
  /** Takes bytes, which are what an `INPUT_` numbers. */
  push(bytes: Uint8Array, input: number): void;
}

/** How far reading has come. */
export interface Position {
  bytes: number;
  totalBytes?: number;
}

export const CODE_LENGTH = 36;
// Beyond this a text and its bytes get memory of their own each time.
export const ENTRIES_AT_ONCE = 2048;
export const PIECE = 1 << 18;

const encoder = new TextEncoder();
export const encode = (text: string) => encoder.encode(text);

/** What a reader is given. */
export class Feed {
  readonly #reader: Reader;
  readonly #signal: CallSignal | undefined;
  readonly #tell: (position: Position) => void;
  readonly #turn = new Turn();
  /** Where entries become bytes. */
  #records: Uint8Array | undefined;
  readonly #position: Position = { bytes: 0 };

  constructor(reader: Reader, signal: CallSignal | undefined, tell: (position: Position) => void) {
    this.#reader = reader;
    this.#signal = signal;
    this.#tell = tell;
  }

  /** Makes room for so many bytes, but for no more than `most` before they come. */
  expect(bytes: number, most = Infinity): void {
    this.#position.totalBytes = bytes;
    this.#reader.expect(Math.min(bytes, most));
  }

  /** Some text, cut anywhere. */
  async text(piece: Uint8Array): Promise<void> {
    // A large chunk is cut, so that a page stays alive while it is read; an
    // empty one gives others their turn too, as it may be one of endlessly many.
    const { length } = piece;
    let at = 0;
    do {
      // A list that ends early is worse than none.
      if (piece.length !== length) throw new TypeError("The bytes were taken away meanwhile");
      const part = piece.subarray(at, at + PIECE);
      this.#reader.push(part, INPUT_TEXT);
      await this.#read(part.length);
      at += PIECE;
    } while (at < length);
  }

  /** Some entries of a list. */
  async entries(batch: unknown[]): Promise<void> {
    const reader = this.#reader;
    const records = (this.#records ??= new Uint8Array(ENTRIES_AT_ONCE * CODE_LENGTH));
    let bytes = 0;
    /** Entries of a code's length that stand one after the other, and their text. */
    let run: string[] = [];
    let text = "";
    const pushEntry = (entry: string | undefined) => {
      reader.push(encode(entry ?? ""), entry === undefined ? INPUT_NO_STRING : INPUT_ENTRY);
    };
    const flush = () => {
      const length = run.length * CODE_LENGTH;
      const { read, written } = encoder.encodeInto(text, records);
      // More, if a character was no ASCII: then entries have to be told apart.
      if (read !== length || written !== length) run.forEach(pushEntry);
      else if (length > 0) reader.push(records.subarray(0, length), INPUT_ENTRIES);
      run = [];
      text = "";
    };
    for (const entry of batch) {
      const code = typeof entry === "string" ? entry : codeIdOf(entry);
      bytes += code?.length ?? 0;
      if (code?.length === CODE_LENGTH) {
        run.push(code);
        text += code;
      } else {
        flush();
        pushEntry(code);
      }
    }
    flush();
    await this.#read(bytes);
  }

  async #read(bytes: number): Promise<void> {
    this.#position.bytes += bytes;
    this.#tell({ ...this.#position });
    await this.#turn.end();
    refuseAborted(this.#signal);
  }
}

/** The code of an entry that `listCodes` gave; undefined where there is none. */
function codeIdOf(entry: unknown): string | undefined {
  const code = quietly(() => membersOf(entry)["codeId"]);
  return typeof code === "string" ? code : undefined;
}
