/**
 * How long a journal's file is, in a small file beside it: so that one that was
 * deleted, cut, or replaced by an older copy is not taken for a new one.
 */
type Files = Record<"fs", typeof import("node:fs")> & Record<"path", typeof import("node:path")>;

const DIGITS = 16;

export class LengthFile {
  readonly #fs: Files["fs"];
  readonly #path: string;
  readonly #explanation: string;
  /** What the file says, as far as this object knows. */
  #length = Infinity;

  /** @param journal the path of the journal's file */
  constructor({ fs, path }: Files, journal: string) {
    this.#fs = fs;
    this.#path = `${journal}.length`;
    this.#explanation =
      ` bytes were in ${path.basename(journal)}. Should it have fewer, no job goes on with it: ` +
      "what is missing says what was sent. Delete both files together.\n";
  }

  /** What was written last; 0 if nothing was, or it may not be read. */
  async read(): Promise<number> {
    const text = await this.#fs.promises.readFile(this.#path, "utf8").catch(() => "");
    return (this.#length = Number.parseInt(text, 10) || 0);
  }

  /** Writes it, where the directory allows that. */
  async write(bytes: number): Promise<void> {
    if (bytes === this.#length) return;
    const { promises, constants } = this.#fs;
    const digits = String(bytes).padStart(DIGITS, "0");
    const text = new TextEncoder().encode(digits + this.#explanation);
    try {
      const handle = await promises.open(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600);
      try {
        await handle.write(text, 0, text.length);
        // On the disk it must not say more than there is.
        if (bytes < this.#length) await handle.datasync();
        this.#length = bytes;
      } finally {
        await handle.close();
      }
    } catch {
      // A read-only directory or a full disk: what it says then is too little.
    }
  }
}
