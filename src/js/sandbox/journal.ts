/**
 * A sandbox in a journal: every input that changes it, in order, with its time.
 * What a sandbox does follows from these alone, so doing them again leads to the
 * same sandbox.
 *
 * The journal begins with the line `uber-vouchers sandbox 1`. Its number is to
 * be raised whenever the same inputs lead elsewhere. Then come records:
 *
 * | Bytes | |
 * | --- | --- |
 * | 4 | the length of all that follows, little-endian |
 * | 4 | the length of the head, little-endian |
 * | … | the head: an `Input` as JSON in UTF-8 |
 * | … | the body of a request |
 *
 * The first says what the sandbox was created with. A webhook is written down
 * once it is answered, not when it leaves, and along with the next input: one
 * that was under way when the process ended, or just acknowledged, so goes out
 * again. What is torn off at the end is dropped, for nobody was told of it, and so
 * are zeros, which some filesystems leave there after a power cut. The journal holds tokens and the client secret as they are; in a sandbox, none of
 * them is good for anything else.
 */
import { membersOf } from "../schema.js";
import type { Journal } from "../journal/types.js";
import type { SandboxOptions, SandboxProgramOptions, SandboxSettings } from "./options.js";

/** The options that a sandbox keeps for life. */
export type Identity = Pick<
  SandboxOptions,
  "seed" | "organizationId" | "clientId" | "clientSecret" | "signingKey"
>;

/** One input. Its time is that of the sandbox's clock. */
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

/** Takes a journal, and does again what is written there. */
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

/** Writes inputs down: one append at a time, holding all that came meanwhile. */
export class SandboxJournal {
  readonly #journal: Journal;
  readonly #unlock: () => void | Promise<void>;
  #waiting: Uint8Array[] = [];
  /** Whether an append will come for what waits. */
  #isDue = false;
  /** Settles with the last append there is or will be for what was added. */
  #last: Promise<void> = Promise.resolve();
  #failure: Error | undefined;

  constructor(journal: Journal, unlock: () => void | Promise<void>) {
    this.#journal = journal;
    this.#unlock = unlock;
  }

  /** Throws what made an append fail: from then on, the sandbox knows more than its journal. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Adds an input; resolves once it is durable. Nobody has to wait for that. */
  add(input: Input, body: Uint8Array = NOTHING): Promise<void> {
    this.addLater(input, body);
    return this.settled();
  }

  /** Adds an input that is written along with the next one, or before `settled` resolves. */
  addLater(input: Input, body: Uint8Array = NOTHING): void {
    this.#waiting.push(encoded(input, body));
  }

  /** Resolves once all that was added so far is durable. */
  settled(): Promise<void> {
    if (this.#waiting.length > 0 && !this.#isDue) {
      this.#isDue = true;
      this.#last = this.#last.then(() => this.#append());
      this.#last.catch(() => {});
    }
    return this.#last;
  }

  /** Gives the journal back, after the last append. */
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
        "The sandbox's journal failed, so it may not hold all that happened; create another sandbox on it",
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

/** Reads whole records; says how many bytes they are, of how many. */
async function read(
  journal: Journal,
  take: (input: Input, body: Uint8Array) => void,
): Promise<{ kept: number; total: number }> {
  // What was read and not taken yet. It grows by doubling and moves rarely, so
  // that a body of megabytes is not copied once for each piece of it.
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
      // What ends in zeros was not written to its end.
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

/** So that nothing else, a job for instance, is taken for a torn record and dropped. */
function checkHeader(found: Uint8Array): void {
  if (found.every((byte, at) => byte === HEADER[at])) return;
  const isOurs = new TextDecoder().decode(found).startsWith(BEGINNING);
  throw new Error(
    `createSandbox: the journal is ${isOurs ? "that of another version's sandbox" : "no sandbox's"}; begin with an empty one`,
  );
}

function checkIdentity(created: Identity | undefined, given: Identity): void {
  if (created === undefined) throw damaged(HEADER.length);
  const [kept, asked] = [membersOf(created), membersOf(given)];
  for (const name of Object.keys({ ...created, ...given })) {
    if (kept[name] !== asked[name])
      throw new TypeError(
        `createSandbox: \`${name}\` is not that of the sandbox in the journal; give the same, or an empty journal`,
      );
  }
}

function damaged(at: number, cause?: unknown): Error {
  return new Error(`createSandbox: the journal is damaged at byte ${at}`, { cause });
}
