/**
 * The length of a journal's file, in a small file beside it: so that a journal that was
 * deleted, truncated, or replaced by an older copy does not count as a new one.
 */
type Files = Record<"fs", typeof import("node:fs")> & Record<"path", typeof import("node:path")>;

const DIGITS = 16;

export class LengthFile {
  readonly #fs: Files["fs"];
  readonly #path: string;
  readonly #explanation: string;
  /** The content of the file, as far as this object knows. */
  #length = Infinity;

  /** @param journal the path of the journal's file */
  constructor({ fs, path }: Files, journal: string) {
    this.#fs = fs;
    this.#path = `${journal}.length`;
    this.#explanation =
      ` bytes were in ${path.basename(journal)}. If it has fewer, no job resumes from it: ` +
      "the missing records say what was sent. Delete both files together.\n";
  }

  /** The last value written; 0 if there is none, or it can't be read. */
  async read(): Promise<number> {
    const text = await this.#fs.promises.readFile(this.#path, "utf8").catch(() => "");
    return (this.#length = Number.parseInt(text, 10) || 0);
  }

  /** Writes it, if the directory allows that. */
  async write(bytes: number): Promise<void> {
    if (bytes === this.#length) return;
    const { promises, constants } = this.#fs;
    const digits = String(bytes).padStart(DIGITS, "0");
    const text = new TextEncoder().encode(digits + this.#explanation);
    try {
      const handle = await promises.open(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600);
      try {
        await handle.write(text, 0, text.length);
        // The value on disk must never exceed the real length.
        if (bytes < this.#length) await handle.datasync();
        this.#length = bytes;
      } finally {
        await handle.close();
      }
    } catch {
      // A read-only directory or a full disk: the stored value is then too small.
    }
  }
}
