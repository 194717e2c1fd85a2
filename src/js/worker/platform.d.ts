/** What is used of Cloudflare's platform. The package's own declarations name none of it. */
declare module "cloudflare:workers" {
  export class DurableObject<Env = unknown> {
    constructor(ctx: import("./platform-types.js").ObjectState, env: Env);
    protected ctx: import("./platform-types.js").ObjectState;
    protected env: Env;
  }
}
