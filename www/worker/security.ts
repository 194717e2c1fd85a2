/** The header fields of every answer. */
import type { Call } from "./env.js";

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
  "trusted-types 'none'",
].join("; ");

const HEADERS = {
  "Content-Security-Policy": POLICY,
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

/** The same answer with the security headers, and with how long it may be kept. */
export function secured({ url }: Call, response: Response): Response {
  const answer = new Response(response.body, response);
  for (const [name, value] of Object.entries(HEADERS)) answer.headers.set(name, value);
  answer.headers.set("Cache-Control", caching(url.pathname, response));
  return answer;
}

function caching(path: string, response: Response): string {
  if (path.startsWith("/v1/") || path.startsWith("/api/") || path === "/health") return "no-store";
  // Vite puts a hash of the content into these names.
  return path.startsWith("/assets/") && response.ok
    ? "public, max-age=31536000, immutable"
    : "no-cache";
}
