/** What to set where the module could not be loaded: it follows from the cause. */
import { isBrowser } from "../environment.js";
import { quietly } from "../errors.js";
import { membersOf } from "../schema.js";

/** A module of one type that names a SIMD vector. */
const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123];

/** In the words of V8, SpiderMonkey and JavaScriptCore. */
const CAUSES: readonly [RegExp, () => string][] = [
  [
    /embedder|unsafe-eval|blocked by CSP|Security Policy/i,
    () =>
      isBrowser()
        ? "Add 'wasm-unsafe-eval' to script-src of the content security policy."
        : "This host compiles nothing at run time. Build with its condition (workerd, edge-light), keep uber-vouchers external in Next.js (serverExternalPackages), or pass a compiled module to setModule.",
  ],
  [
    /Invalid URL|valid URL|as a URL/i,
    () => "This format has no import.meta.url. Build ES modules, or pass the module to setModule.",
  ],
  [
    /answered \d|found 3c|magic|doesn't start with/i,
    () =>
      "No .wasm is served there. Copy it from uber-vouchers/dist beside the script (Angular: `assets`), or pass its URL to setModule.",
  ],
  [
    /ENOENT|NotFound|No such file|Cannot find|Received an instance of URL/i,
    () =>
      "The bundler left the .wasm behind. Keep uber-vouchers external (Next.js: serverExternalPackages, esbuild: --packages=external), or pass the module to setModule.",
  ],
];

/** What to set in the tool at hand. */
export function loadingHint(cause: unknown): string {
  if (typeof WebAssembly === "undefined") {
    return "This host has no WebAssembly. Allow the site in the browser's lockdown mode, or take another host.";
  }
  const words = String(quietly(() => membersOf(cause)["message"]));
  const [, hint] = CAUSES.find(([pattern]) => pattern.test(words)) ?? [];
  if (hint) return hint();
  if (quietly(() => WebAssembly.validate(new Uint8Array(SIMD))) === false) {
    return "The module needs SIMD: Chromium 91, Firefox 89, Safari 16.4, Node.js 16.4, or later.";
  }
  return "Serve the .wasm beside the script, allow it in connect-src of the content security policy, or pass it to setModule.";
}
