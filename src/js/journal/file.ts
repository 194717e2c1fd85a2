/**
 * A journal in a file, for Node.js, Deno and Bun.
 *
 * The modules of Node.js are requested by name at run time: a bundler for pages that
 * looks for imports must not find any here.
 */
import type { BigIntStats, Stats } from "node:fs";
import type { FileHandle } from "node:fs/promises";

import { isWorkerd } from "../environment.js";
import { invalidOption, tryOrUndefined } from "../errors.js";
import type { Journal } from "./types.js";
import {
  PIECE,
  type Release,
  checkEnd,
  copyOf,
  createQueue,
  lengthOf,
  lengths,
  once,
} from "./shared.js";
import { LengthFile } from "./length-file.js";
import { boolean, membersOf, readOptions } from "../schema.js";

/** The options of `fileJournal`. */
export interface FileJournalOptions {
  /** Whether to create a missing file. Default: true. */
  create?: boolean;
}

/** The parts of Node.js that are used, on hosts that have them. */
interface Host {
  fs: typeof import("node:fs");
  net: typeof import("node:net");
  path: typeof import("node:path");
  url: typeof import("node:url");
  platform: string;
  isBun: boolean;
}

/** Systems whose `open` can lock a file: O_EXLOCK | O_NONBLOCK, for which Node.js has no names. */
const LOCK_ON_OPEN = 0x20 | 0x04;
const LOCKING = ["darwin", "freebsd", "netbsd", "openbsd"];
/** Systems on which all writes to a file opened with O_APPEND go to its end. */
const APPENDING = ["linux", "android"];
/** Systems on which a socket name disappears with its process. */
const LISTENING = [...APPENDING, "win32"];

/** As many as a system follows. */
const MAX_LINKS = 40;

/** The garbage collector closes a file that nothing refers to, and its lock would end. */
const held = new Set<FileHandle>();

/**
 * Keeps a job in a file, which is created (mode 0600) with the first append or lock,
 * unless `create` is false; its directory must exist. Flushed to disk before `append`
 * resolves. The length of a job's file is also stored beside it, in `<path>.length`.
 *
 * `lock` is held by the kernel and ends with the process, however that ends. On Linux
 * and Windows it is a name that is listened on, on macOS and the BSDs a lock of the
 * open file; elsewhere there is none. It does not reach other machines, nor, on Linux,
 * other network namespaces (containers). On Linux, Bun and Node.js don't see each
 * other's locks.
 */
export function fileJournal(
  path: string | { readonly href: string },
  options: FileJournalOptions = {},
): Journal {
  const host = hostOf();
  const { promises: fs, constants } = host.fs;
  const file = host.path.resolve(pathOf(host, path));
  const { create: mayCreate = true } = readOptions(options, { create: boolean });
  const opensLocked = LOCKING.includes(host.platform);
  const work = createQueue();
  /** Open as long as the lock is held. */
  let kept: FileHandle | undefined;
  /** Where the file ends, after the last read or write of this object. */
  let end: number | undefined;
  /** Whether a partly written record may follow `end`. */
  let isTorn = false;
  let remembered: LengthFile | undefined;
  const lengthFile = () => (remembered ??= new LengthFile(host, realPath(host, file)));

  async function open(create: boolean, flags = 0): Promise<FileHandle> {
    const { O_RDWR, O_CREAT, O_APPEND } = constants;
    const creates = create ? O_CREAT : 0;
    // So that a file that was truncated just before gets no hole of zeros, and the loss is noticed.
    const appends = APPENDING.includes(host.platform) ? O_APPEND : 0;
    const handle = await fs.open(file, O_RDWR | creates | appends | flags, 0o600);
    try {
      if (!(await handle.stat()).isFile()) throw new Error("A journal must be a regular file");
      await syncDirectory(host, host.path.dirname(await fs.realpath(file)));
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async function mend(handle: FileHandle): Promise<void> {
    // A file that was truncated meanwhile must not be extended.
    if (end !== undefined && (await handle.stat()).size > end) await handle.truncate(end);
    await handle.sync();
    isTorn = false;
  }

  /** The size of the open file. Throws if the path no longer leads to it. */
  async function checkPlace(handle: FileHandle): Promise<number> {
    // In parallel: each takes about as long as a short write.
    const [{ dev, ino, size }, there] = await Promise.all([
      handle.stat(),
      handle === kept && fs.stat(file).catch(ignore("ENOENT", "ENOTDIR")),
    ]);
    if (there === false || (there?.dev === dev && there.ino === ino)) return size;
    throw new Error("The journal's file was deleted, moved or replaced while it was open");
  }

  /** Works on the open file, and passes its length. */
  function using(use: (handle: FileHandle, size: number) => Promise<void>): Promise<void> {
    return work(async () => {
      // A file that had content is not created again.
      const handle = kept ?? (await open(mayCreate && !end));
      try {
        let size = await checkPlace(handle);
        if (isTorn) {
          await mend(handle);
          ({ size } = await handle.stat());
        }
        checkEnd(end, size);
        await use(handle, size);
      } finally {
        if (handle !== kept) await handle.close();
      }
    });
  }

  const journal: Journal = {
    async append(record) {
      const bytes = copyOf(record);
      await using(async (handle, size) => {
        end = size;
        let written: Stats;
        try {
          await write(handle, bytes, size);
          [written] = await Promise.all([handle.stat(), handle.datasync()]);
        } catch (error) {
          // After a failed flush the content on disk is uncertain, so it is removed.
          isTorn = true;
          await mend(handle).catch(() => {});
          throw error;
        }
        const length = size + bytes.length;
        checkEnd(length, written.size);
        end = length;
      });
    },
    async *read() {
      // Bytes that this object could not write must not count as written.
      if (isTorn) await using(async () => {});
      end = undefined;
      let at = 0;
      const handle = await fs.open(file, constants.O_RDONLY).catch(ignore("ENOENT"));
      try {
        while (handle) {
          const { bytesRead, buffer } = await handle.read(new Uint8Array(PIECE), 0, PIECE, at);
          if (bytesRead === 0) break;
          at += bytesRead;
          yield buffer.subarray(0, bytesRead);
        }
      } finally {
        await handle?.close();
      }
      end ??= at;
    },
    async truncate(bytes) {
      const length = lengthOf(bytes);
      await using(async (handle, size) => {
        lengths.cut(journal.key, length);
        if ((await lengthFile().read()) > length) await lengthFile().write(length);
        if (length < size) await handle.truncate(length);
        end = Math.min(length, size);
        // In any case: what a killed process had written may not be on disk.
        await handle.sync();
      });
    },
    rememberLength: (bytes) => work(() => lengthFile().write(bytes)),
    rememberedLength: () => lengthFile().read(),
    get key() {
      return `file:${realPath(host, file)}`;
    },
  };
  if (!opensLocked && !LISTENING.includes(host.platform)) return journal;

  async function lock({ create = true } = {}): Promise<Release | undefined> {
    const flags = opensLocked ? LOCK_ON_OPEN : 0;
    const creates = create && mayCreate;
    let isThere = true;
    const handle = await open(creates, flags).catch((error: unknown) => {
      const { code } = membersOf(error);
      isThere = creates || code !== "ENOENT";
      if (isThere && !(opensLocked && code === "EAGAIN")) throw error;
    });
    if (!handle) return isThere ? undefined : async () => {};
    let free: Release | undefined;
    try {
      free = opensLocked
        ? await proveLock(() => open(false, flags))
        : await listen(host, nameOfFile(host, await handle.stat({ bigint: true })));
    } finally {
      if (!free) await handle.close();
    }
    if (!free) return undefined;
    const release = free;
    kept = handle;
    held.add(handle);
    return once(() =>
      work(async () => {
        kept = undefined;
        held.delete(handle);
        await handle.close();
        await release();
      }),
    );
  }
  return Object.assign(journal, { lock });
}

interface Builtins {
  "node:fs": Host["fs"];
  "node:net": Host["net"];
  "node:path": Host["path"];
  "node:url": Host["url"];
}

function hostOf(): Host {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- What this host has is looked at before it is used.
  const { process } = globalThis as {
    process?: {
      getBuiltinModule?: <Name extends keyof Builtins>(name: Name) => Builtins[Name] | undefined;
      platform: string;
      versions?: { bun?: string };
    };
  };
  const builtin = <Name extends keyof Builtins>(name: Name) => process?.getBuiltinModule?.(name);
  const [fs, net, path, url] = [
    builtin("node:fs"),
    builtin("node:net"),
    builtin("node:path"),
    builtin("node:url"),
  ];
  // workerd has files too, but they disappear with the request.
  if (!process || isWorkerd || !fs || !net || !path || !url) {
    throw invalidOption("`fileJournal` needs a host with files: Node.js, Deno or Bun");
  }
  return {
    fs,
    net,
    path,
    url,
    platform: process.platform,
    isBun: process.versions?.bun !== undefined,
  };
}

function pathOf({ url }: Host, path: unknown): string {
  if (typeof path === "string" && path !== "" && !path.includes("\0")) return path;
  const { href } = membersOf(path);
  try {
    if (typeof href === "string") return url.fileURLToPath(href);
  } catch (cause) {
    throw invalidOption("`path` is not a file: URL", cause);
  }
  throw invalidOption("`path` must be the path of a file, or a file: URL");
}

/** The path with its existing part resolved, without links. */
function realPath(host: Host, file: string, links = MAX_LINKS): string {
  const { fs, path } = host;
  const directory = path.dirname(file);
  for (const find of [
    () => fs.realpathSync.native(file),
    // A link to a missing file.
    () => links > 0 && realPath(host, path.resolve(directory, fs.readlinkSync(file)), links - 1),
    () => path.join(fs.realpathSync.native(directory), path.basename(file)),
  ]) {
    const found = tryOrUndefined(find);
    if (found) return found;
  }
  return file;
}

const ignore =
  (...codes: string[]) =>
  (error: NodeJS.ErrnoException): undefined => {
    if (!codes.includes(String(error.code))) throw error;
  };

async function write(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const left = bytes.length - at;
    const { bytesWritten } = await handle.write(bytes, at, left, position + at);
    if (bytesWritten === 0) throw new Error("The file can't be written any more");
    at += bytesWritten;
  }
}

/** A new file survives a power failure only if its directory was flushed too. */
async function syncDirectory({ fs, platform }: Host, directory: string): Promise<void> {
  if (platform === "win32") return;
  const handle = await fs.promises.open(directory, fs.constants.O_RDONLY);
  try {
    // Some network file systems can't flush directories.
    await handle.sync().catch(ignore("EINVAL", "ENOTSUP"));
  } finally {
    await handle.close();
  }
}

/** A host that ignores the flags of `open` would not lock anything. */
async function proveLock(open: () => Promise<FileHandle>): Promise<Release> {
  const second = await open().catch(ignore("EAGAIN"));
  if (!second) return async () => {};
  await second.close();
  throw new Error("This host can't lock files");
}

/** By device and inode: links, and other spellings of the path, are the same file. */
function nameOfFile({ platform, isBun }: Host, { dev, ino }: BigIntStats): string {
  const name = `uber-vouchers journal ${dev}:${ino} `;
  if (platform === "win32") return `\\\\.\\pipe\\${name.replaceAll(/\W/g, "-")}`;
  // Abstract: not in the file system, so nothing is left behind. As long as possible, because some
  // versions pad the name with zeros, which count. Bun takes one byte less.
  return `\0${name.padEnd(isBun ? 106 : 107, ".")}`;
}

function listen({ net }: Host, path: string): Promise<Release | undefined> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    // Exclusive: the processes of a cluster would otherwise share it.
    server.listen({ path, exclusive: true }, () => {
      server.unref();
      resolve(() => new Promise((closed) => server.close(() => closed())));
    });
  });
}
