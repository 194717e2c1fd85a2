/** Detects the kind of host, to know who can read a secret there. */

// Read as members of `globalThis`, so that values that a bundler fills in for `process`, and
// globals that a test stubs, take effect.
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

/**
 * A mark on the `fetch` of a sandbox of any copy of the package: with a sandbox, a secret needs no
 * protection.
 */
export const markOfSandbox = Symbol.for("uber-vouchers.sandbox");

/** Whether the URL is on this machine, where TLS is not needed. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
