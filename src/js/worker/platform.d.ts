/** What is used of Cloudflare's platform. The package's own declarations name none of it. */
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

/** What the platform answers by itself, without waking the object. */
declare class WebSocketRequestResponsePair {
  constructor(request: string, response: string);
}

interface ResponseInit {
  /** The end that goes to whoever has asked. */
  webSocket?: PlatformSocket;
}
