/**
 * A sandbox in a journal: every input that changes it, in order, with its time. A sandbox depends
 * on its inputs alone, so replaying them leads to the same sandbox.
 *
 * The journal begins with the line `uber-vouchers sandbox 1`. Increment its number whenever the
 * same inputs lead to another result. Then come records:
 *
 * | Bytes | |
 * | --- | --- |
 * | 4 | the length of all that follows, little-endian |
 * | 4 | the length of the head, little-endian |
 * | … | the head: an `Input` as JSON in UTF-8 |
 * | … | the body of a request |
 *
 * The first record has the options with which the sandbox was created. A webhook is stored once it
 * is answered, not when it is sent, and together with the next input: so a webhook that was under
 * way when the process ended, or had just been acknowledged, is sent again. A torn record at the
 * end is dropped, because it was never acknowledged, and so are zeros, which some file systems
 * leave there after a power failure. The journal contains tokens and the client secret in plain
 * text; those of a sandbox are valid nowhere else.
 */
import { membersOf } from "../schema.js";
import type { Journal } from "../journal/types.js";
import type { SandboxOptions, SandboxProgramOptions, SandboxSettings } from "./options.js";

/** The options that a sandbox keeps for life. */
export type Identity = Pick<
  SandboxOptions,
  "seed" | "organizationId" | "clientId" | "clientSecret" | "signingKey"
>;

/** One input, with the time of the sandbox's clock. */
export type Input = { at: number } & (
  | { created: Identity; configured: SandboxSettings }
  | { configured: SandboxSettings }
  | { program: SandboxProgramOptions }
  | { request: [method: string, target: string, headers: [name: string, value: string][]] }
  | { redeemed: [programId: string, code: string] }
  | { cancelled: [programId: string, code: string] }
  | { answered: [webhook: number, dueAt: number, isAcknowledged: boolean] }
  | { advanced: number }
);

const BEGINNING = "uber-vouchers sandbox ";
const HEADER = new TextEncoder().encode(`${BEGINNING}1\n`);
const NOTHING = new Uint8Array();

/** Opens a journal, and replays its inputs. */
export async function openJournal(
  journal: Journal,
  beginning: Input & { created: Identity },
  repeat: (input: Input, body: Uint8Array) => void,
): Promise<SandboxJournal> {
  const unlock: (() => void | Promise<void>) | undefined =
    journal.lock === undefined ? () => {} : await journal.lock();
  if (unlock === undefined) throw new Error("createSandbox: the journal is in use");
  try {
    const opened = new SandboxJournal(journal, unlock);
    let isFirst = true;
    const { kept, total } = await read(journal, (input, body) => {
      if (isFirst) checkIdentity("created" in input ? input.created : undefined, beginning.created);
      isFirst = false;
      repeat(input, body);
    });
    if (kept < total) await journal.truncate(kept);
    if (isFirst) {
      repeat(beginning, NOTHING);
      if (kept === 0) await journal.append(HEADER);
      await opened.add(beginning);
    }
    return opened;
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** Stores inputs: one append at a time, with all inputs that arrived meanwhile. */
export class SandboxJournal {
  readonly #journal: Journal;
  readonly #unlock: () => void | Promise<void>;
  #waiting: Uint8Array[] = [];
  /** Whether an append for the waiting inputs is scheduled. */
  #isDue = false;
  /** Settles with the last append for what was added. */
  #last: Promise<void> = Promise.resolve();
  #failure: Error | undefined;

  constructor(journal: Journal, unlock: () => void | Promise<void>) {
    this.#journal = journal;
    this.#unlock = unlock;
  }

  /** Throws what made an append fail: from then on, the journal lacks what the sandbox has done. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Adds an input; resolves once it is durable. The promise may be ignored. */
  add(input: Input, body: Uint8Array = NOTHING): Promise<void> {
    this.addLater(input, body);
    return this.settled();
  }

  /** Adds an input that is stored together with the next one, or before `settled` resolves. */
  addLater(input: Input, body: Uint8Array = NOTHING): void {
    this.#waiting.push(encoded(input, body));
  }

  /** Resolves once everything added so far is durable. */
  settled(): Promise<void> {
    if (this.#waiting.length > 0 && !this.#isDue) {
      this.#isDue = true;
      this.#last = this.#last.then(() => this.#append());
      this.#last.catch(() => {});
    }
    return this.#last;
  }

  /** Releases the journal, after the last append. */
  async close(): Promise<void> {
    try {
      await this.settled();
    } finally {
      await this.#unlock();
    }
  }

  async #append(): Promise<void> {
    const parts = this.#waiting;
    this.#waiting = [];
    this.#isDue = false;
    try {
      await this.#journal.append(joined(parts));
    } catch (cause) {
      this.#failure = new Error(
        "The sandbox's journal failed, so it may be incomplete; create another sandbox on it",
        { cause },
      );
      throw this.#failure;
    }
  }
}

function encoded(input: Input, body: Uint8Array): Uint8Array {
  const head = new TextEncoder().encode(JSON.stringify(input));
  const lengths = new DataView(new ArrayBuffer(8));
  lengths.setUint32(0, 4 + head.length + body.length, true);
  lengths.setUint32(4, head.length, true);
  return joined([new Uint8Array(lengths.buffer), head, body]);
}

function joined(parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Reads whole records; returns their length in bytes, and the length of all. */
async function read(
  journal: Journal,
  take: (input: Input, body: Uint8Array) => void,
): Promise<{ kept: number; total: number }> {
  // Bytes that were read but not used yet. The buffer grows by doubling and is rarely moved, so
  // that a body of megabytes is not copied once per chunk.
  let buffer = new Uint8Array(1 << 18);
  let from = 0;
  let to = 0;
  let kept = 0;
  let total = 0;
  let isTorn = false;
  const isZero = (at: number) => buffer.subarray(at, to).every((byte) => byte === 0);
  const takeRecords = () => {
    if (kept === 0) {
      checkHeader(buffer.subarray(0, Math.min(to, HEADER.length)));
      if (to < HEADER.length) return;
      from = kept = HEADER.length;
    }
    if (isTorn && !isZero(from)) throw damaged(kept);
    const view = new DataView(buffer.buffer);
    while (to - from >= 4) {
      const next = from + 4 + view.getUint32(from, true);
      if (next > to) return;
      // A record that ends in zeros was not completely written.
      isTorn ||= isZero(next - 1);
      if (isTorn) {
        from = to;
        return;
      }
      const headEnd = next - from < 8 ? Infinity : from + 8 + view.getUint32(from + 4, true);
      if (headEnd > next) throw damaged(kept);
      try {
        const head = new TextDecoder().decode(buffer.subarray(from + 8, headEnd));
        // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- Its header was right, so a sandbox wrote it.
        take(JSON.parse(head) as Input, buffer.subarray(headEnd, next));
      } catch (cause) {
        throw cause instanceof SyntaxError ? damaged(kept, cause) : cause;
      }
      kept += next - from;
      from = next;
    }
  };
  for await (const piece of journal.read()) {
    total += piece.length;
    if (to + piece.length > buffer.length) {
      const needed = to - from + piece.length;
      const target = 2 * needed > buffer.length ? new Uint8Array(2 * needed) : buffer;
      target.set(buffer.subarray(from, to));
      buffer = target;
      to -= from;
      from = 0;
    }
    buffer.set(piece, to);
    to += piece.length;
    takeRecords();
  }
  return { kept, total };
}

/**
 * So that another kind of file, such as a job's journal, does not count as a torn record and is
 * dropped.
 */
function checkHeader(found: Uint8Array): void {
  if (found.every((byte, at) => byte === HEADER[at])) return;
  const isOurs = new TextDecoder().decode(found).startsWith(BEGINNING);
  throw new Error(
    `createSandbox: the journal is ${isOurs ? "a sandbox's of another version" : "not a sandbox's"}; start with an empty one`,
  );
}

function checkIdentity(created: Identity | undefined, given: Identity): void {
  if (created === undefined) throw damaged(HEADER.length);
  const [kept, asked] = [membersOf(created), membersOf(given)];
  for (const name of Object.keys({ ...created, ...given })) {
    if (kept[name] !== asked[name])
      throw new TypeError(
        `createSandbox: \`${name}\` differs from the sandbox in the journal; pass the same, or an empty journal`,
      );
  }
}

function damaged(at: number, cause?: unknown): Error {
  return new Error(`createSandbox: the journal is damaged at byte ${at}`, { cause });
}
