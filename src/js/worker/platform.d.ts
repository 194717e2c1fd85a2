/** Cloudflare's platform, as far as the worker uses it. The package's declarations do not name it. */
declare module "cloudflare:workers" {
  export class DurableObject<Env = unknown> {
    constructor(ctx: import("./platform-types.js").ObjectState, env: Env);
    protected ctx: import("./platform-types.js").ObjectState;
    protected env: Env;
  }
}

type PlatformSocket = import("./platform-types.js").LiveSocket;

/** Both ends of a WebSocket. */
declare class WebSocketPair {
  readonly 0: PlatformSocket;
  readonly 1: PlatformSocket;
}

/** A message that the platform answers automatically, without waking the object. */
declare class WebSocketRequestResponsePair {
  constructor(request: string, response: string);
}

interface ResponseInit {
  /** The end that the client gets. */
  webSocket?: PlatformSocket;
}
