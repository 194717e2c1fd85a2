/** What kind of host this is, where it matters who can read a secret. */

// Read as members of an object, so that a bundler that fills in `process` or
// a test that stubs a global is seen as it is.
const host = globalThis as {
  process?: { versions?: { node?: unknown; bun?: unknown } };
  Deno?: { version?: unknown };
  WebSocketPair?: unknown;
  EdgeRuntime?: unknown;
  document?: unknown;
  WorkerGlobalScope?: abstract new () => object;
};

/** Cloudflare's workerd. */
export const isWorkerd = host.WebSocketPair !== undefined;

function isServer(): boolean {
  return (
    // Node.js, Bun, and jsdom, which runs there.
    typeof (host.process?.versions?.node ?? host.process?.versions?.bun) === "string" ||
    // Deno has `window` or a worker's scope, as a browser does.
    host.Deno?.version !== undefined ||
    isWorkerd ||
    // Vercel's edge runtime.
    host.EdgeRuntime !== undefined
  );
}

/** Whether this is a page, or a worker of a page. */
export function isBrowser(): boolean {
  const isWorker =
    typeof host.WorkerGlobalScope === "function" && globalThis instanceof host.WorkerGlobalScope;
  return (typeof host.document === "object" || isWorker) && !isServer();
}

/** On a sandbox's `fetch`, of whatever copy of the package: behind it no secret is one. */
export const markOfSandbox = Symbol.for("uber-vouchers.sandbox");

/** Whether it is this machine, which needs no TLS. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
