/** The header fields of every response, and the check for TLS. */
import { isLoopback } from "../../environment.js";
import { refuse } from "../problem.js";

const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  // Web workers of the page itself: the console reads workbooks in one.
  "trusted-types page-workers",
].join("; ");

const HEADERS = {
  "Content-Security-Policy": POLICY,
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "Referrer-Policy": "no-referrer",
  "Strict-Transport-Security": "max-age=63072000",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

/** The same response with the security headers, and with the cache policy. */
export function secured(url: URL, response: Response): Response {
  // An upgraded connection can't be wrapped.
  if (response.status === 101) return response;
  const copy = new Response(response.body, response);
  for (const [name, value] of Object.entries(HEADERS)) copy.headers.set(name, value);
  if (url.protocol === "http:") copy.headers.delete("Strict-Transport-Security");
  copy.headers.set("Cache-Control", caching(url.pathname, response));
  return copy;
}

function caching(path: string, response: Response): string {
  if (/^\/(v1|api|webhooks)\/|^\/health$/.test(path)) return "no-store";
  // A build puts a hash of the content into these names.
  return path.startsWith("/assets/") && response.ok
    ? "public, max-age=31536000, immutable"
    : "no-cache";
}

/**
 * Refuses requests without TLS, because a token or a session in them can be read on
 * the way. A page is redirected to the same address with TLS.
 */
export function refusePlain(request: Request, url: URL): Response | undefined {
  if (url.protocol === "https:" || isLoopback(url)) return undefined;
  const isPage = !/^\/(v1|api|webhooks)\//.test(url.pathname);
  if (isPage && (request.method === "GET" || request.method === "HEAD")) {
    const target = new URL(url);
    target.protocol = "https:";
    return new Response(null, { status: 308, headers: { Location: target.href } });
  }
  throw refuse(
    403,
    "https_required",
    "The request came without TLS",
    "Use https. Change any secret that was sent with the request, such as a token.",
  );
}
