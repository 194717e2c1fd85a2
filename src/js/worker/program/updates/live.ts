/** WebSockets of clients that watch a job. They stay open while the object is out of memory. */
import { membersOf } from "../../../members.js";
import { PING, PONG, SIGNED_OUT } from "../../live-protocol.js";
import type { ObjectState } from "../../platform-types.js";

const TELL_EVERY_MS = 250;

export class Live {
  readonly #waiting = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(
    readonly ctx: ObjectState,
    /** The message about a job: everything, or the part that changes often. */
    readonly message: (
      jobId: string,
    ) => Promise<{ delta: string; snapshot: () => Promise<string>; key: string } | undefined>,
  ) {
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  }

  /** Opens a WebSocket. */
  async open(jobId: string, until: number | null, protocol: string | null): Promise<Response> {
    const message = await this.message(jobId);
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server, [jobId]);
    server.serializeAttachment({ until, key: message?.key });
    if (message) server.send(await message.snapshot());
    // A browser closes a connection that selects none of the offered protocols.
    const headers = protocol === null ? {} : { "Sec-WebSocket-Protocol": protocol };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  isWatched(jobId: string): boolean {
    return this.ctx.getWebSockets(jobId).length > 0;
  }

  /** A job has changed: its watchers get a message, a few times a second at most. */
  changed(jobId: string): void {
    if (this.#waiting.has(jobId) || !this.isWatched(jobId)) return;
    const timer = setTimeout(() => {
      this.#waiting.delete(jobId);
      void this.#send(jobId).catch(() => {});
    }, TELL_EVERY_MS);
    this.#waiting.set(jobId, timer);
  }

  async #send(jobId: string): Promise<void> {
    const message = await this.message(jobId);
    if (message === undefined) return;
    let snapshot: string | undefined;
    for (const socket of this.ctx.getWebSockets(jobId)) {
      const { until, key } = membersOf(socket.deserializeAttachment());
      try {
        if (typeof until === "number" && until < Date.now()) {
          socket.close(SIGNED_OUT, "signed out");
        } else if (key === message.key) {
          socket.send(message.delta);
        } else {
          socket.serializeAttachment({ until, key: message.key });
          socket.send((snapshot ??= await message.snapshot()));
        }
      } catch {
        // The client is gone; the platform has not reported it yet.
      }
    }
  }
}
