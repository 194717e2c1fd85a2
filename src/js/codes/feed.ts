/** Feeds a reader of the core: with text, or with entries of a list. */
import { tryOrUndefined } from "../errors.js";
import { INPUT_ENTRIES, INPUT_ENTRY, INPUT_NO_STRING, INPUT_TEXT } from "../generated/protocol.js";
import { membersOf } from "../schema.js";
import { Yielder } from "../turn.js";
import type { CallSignal } from "../types.js";
import { refuseAborted } from "./guard.js";

/** A reader of the core. */
export interface Reader {
  /** The total number of bytes, if known. */
  expect(bytes: number): void;
  /** Takes bytes of the kind that an `INPUT_` number names. */
  push(bytes: Uint8Array, input: number): void;
}

/** The progress of a read. */
export interface Position {
  bytes: number;
  totalBytes?: number;
}

export const CODE_LENGTH = 36;
// Beyond this size, a text and its bytes get new memory each time.
export const ENTRIES_AT_ONCE = 2048;
export const PIECE = 1 << 18;

const encoder = new TextEncoder();
export const encode = (text: string) => encoder.encode(text);

/** What a reader gets. */
export class Feed {
  readonly #reader: Reader;
  readonly #signal: CallSignal | undefined;
  readonly #tell: (position: Position) => void;
  readonly #turn = new Yielder();
  /** The buffer in which entries become bytes. */
  #records: Uint8Array | undefined;
  readonly #position: Position = { bytes: 0 };

  constructor(reader: Reader, signal: CallSignal | undefined, tell: (position: Position) => void) {
    this.#reader = reader;
    this.#signal = signal;
    this.#tell = tell;
  }

  /** Reserves memory for this many bytes, but for no more than `most` before they arrive. */
  expect(bytes: number, most = Infinity): void {
    this.#position.totalBytes = bytes;
    this.#reader.expect(Math.min(bytes, most));
  }

  /** Some text, split anywhere. */
  async text(piece: Uint8Array): Promise<void> {
    // Splits a large chunk, so that a page stays responsive while it is read. After an empty chunk
    // it yields too, because there may be endlessly many.
    const { length } = piece;
    let at = 0;
    do {
      // A truncated list would be worse than an error.
      if (piece.length !== length) throw new TypeError("The buffer was detached while it was read");
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
    /** Entries of a code's length that follow each other, and their text. */
    let run: string[] = [];
    let text = "";
    const pushEntry = (entry: string | undefined) => {
      reader.push(encode(entry ?? ""), entry === undefined ? INPUT_NO_STRING : INPUT_ENTRY);
    };
    const flush = () => {
      const length = run.length * CODE_LENGTH;
      const { read, written } = encoder.encodeInto(text, records);
      // More bytes if a character was not ASCII: then entries have to be separated.
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
    await this.#turn.yieldIfSlow();
    refuseAborted(this.#signal);
  }
}

/** The code of an entry from `listCodes`; undefined if it has none. */
function codeIdOf(entry: unknown): string | undefined {
  const code = tryOrUndefined(() => membersOf(entry)["codeId"]);
  return typeof code === "string" ? code : undefined;
}
