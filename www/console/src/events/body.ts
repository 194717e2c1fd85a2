/**
 * The body of an event for display: JSON in lines, with the parts separate that may be
 * personal data. It is formatted as text, not as a parsed value: so a truncated body has its
 * lines too, and long numbers and repeated members are unchanged.
 */
import { isHarmless, isHarmlessKey } from "./recipients.js";

export interface Piece {
  text: string;
  /** It may be personal data. */
  isPersonal: boolean;
}

/** Replaces hidden text, always with the same length. */
export const MASK = "••••••";

const TOKENS = /[{}[\],:]|"(?:[^"\\]|\\[^])*"?|[^\s{}[\],:"]+/g;
const INDENT = "  ";
/** Deeper levels keep this indent: otherwise the text could grow quadratically. */
const DEEPEST_INDENT = 24;

/** The body in parts; joined, they are the whole text. */
export function formatBody(body: string): Piece[] {
  if (!/^\s*[{[]/.test(body)) return [{ text: body, isPersonal: body.trim() !== "" }];
  const writer = new Writer();
  for (const token of body.match(TOKENS) ?? []) writer.write(token);
  return writer.pieces;
}

export const textOf = (pieces: readonly Piece[], isMasked: boolean): string =>
  pieces.map(({ text, isPersonal }) => (isPersonal && isMasked ? MASK : text)).join("");

interface Level {
  isObject: boolean;
  /** The member whose value this is. */
  key: string;
}

class Writer {
  readonly pieces: Piece[] = [];
  readonly #levels: Level[] = [];
  /** The member whose value comes next; in an array, that of the array. */
  #key = "";
  #isKeyNext = false;
  /** The innermost level is still empty. */
  #isEmpty = false;

  write(token: string): void {
    switch (token) {
      case "}":
      case "]":
        this.#levels.pop();
        if (!this.#isEmpty) this.#startLine();
        this.#isEmpty = false;
        this.#put(token);
        break;
      case ",":
        this.#put(token);
        this.#key = this.#levels.at(-1)?.key ?? "";
        this.#isKeyNext = this.#levels.at(-1)?.isObject ?? false;
        this.#startLine();
        break;
      case ":":
        this.#put(": ");
        break;
      default:
        if (this.#isEmpty) this.#startLine();
        this.#isEmpty = false;
        this.#open(token);
    }
  }

  /** Writes the start of an object or an array, or a member's name or a value. */
  #open(token: string): void {
    if (token === "{" || token === "[") {
      this.#put(token);
      this.#isKeyNext = token === "{";
      this.#levels.push({ isObject: this.#isKeyNext, key: this.#key });
      this.#isEmpty = true;
    } else if (this.#isKeyNext) {
      const parent = this.#key;
      this.#isKeyNext = false;
      this.#key = valueOf(token);
      this.#putValue(token, isHarmlessKey(parent, this.#key));
    } else {
      this.#putValue(token, isHarmless(this.#key, valueOf(token)));
    }
  }

  /** The quotes of a hidden string are shown, to show that it is a string. */
  #putValue(token: string, isShown: boolean): void {
    const [, open = "", text = "", close = ""] = /^("?)([^]*?)("?)$/.exec(token) ?? [];
    this.#put(open);
    this.#put(text, !isShown);
    this.#put(close);
  }

  #startLine(): void {
    this.#put(`\n${INDENT.repeat(Math.min(this.#levels.length, DEEPEST_INDENT))}`);
  }

  #put(text: string, isPersonal = false): void {
    if (text === "") return;
    const last = this.pieces.at(-1);
    if (last && !last.isPersonal && !isPersonal) last.text += text;
    else this.pieces.push({ text, isPersonal });
  }
}

/** The content of a string; for anything else, and for truncated strings, the text as it is. */
function valueOf(token: string): string {
  try {
    return String(JSON.parse(token));
  } catch {
    return token.replace(/^"/, "");
  }
}
