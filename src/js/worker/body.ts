/** Reads the bytes of request bodies. */
import { type Refusal, refuse } from "./problem.js";

const PIECE = 256 * 1024;
const MAX_DISCARDED_BYTES = 64 * 1024;

/** A body that can be passed to an object. */
export interface Body {
  stream: ReadableStream<Uint8Array> | null;
  /** `Content-Length`; null if there is none. */
  length: number | null;
}

export function bodyOf({ body, headers }: Request): Body {
  const length = headers.get("Content-Length");
  return { stream: body, length: length === null ? null : Number(length) };
}

/** The bytes of a body, in large pieces, up to a limit. */
export async function* limited({ stream, length }: Body, most: number): AsyncGenerator<Uint8Array> {
  if (length !== null && length > most) throw tooLarge(most);
  if (stream === null) return;
  const reader = stream.getReader({ mode: "byob" }) as ReadableStreamBYOBReader & {
    readAtLeast?(
      least: number,
      view: Uint8Array,
    ): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  };
  let size = 0;
  try {
    for (;;) {
      const room = new Uint8Array(PIECE);
      const { done, value } = await (reader.readAtLeast?.(PIECE, room) ?? reader.read(room));
      if (value) {
        size += value.byteLength;
        if (size > most) throw tooLarge(most);
        if (value.byteLength > 0) yield value;
      }
      if (done) return;
    }
  } finally {
    void reader.cancel().catch(() => {});
  }
}

/**
 * Reads the rest of a small body. Otherwise the platform closes the connection, and the
 * browser's next request on it may be lost.
 */
export async function discard({ stream, length }: Body): Promise<void> {
  if (stream === null || stream.locked || (length ?? Infinity) > MAX_DISCARDED_BYTES) return;
  try {
    await new Response(stream).arrayBuffer();
  } catch {
    // It was read already, or has failed.
  }
}

function tooLarge(most: number): Refusal {
  return refuse(413, "body_too_large", `The body is larger than ${most} bytes`, "Split the file.");
}
