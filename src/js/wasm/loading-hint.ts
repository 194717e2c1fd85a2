/** The hint for a module that could not be loaded, depending on the cause. */
import { isBrowser } from "../environment.js";
import { tryOrUndefined } from "../errors.js";
import { membersOf } from "../schema.js";

/** A minimal module whose one type has a SIMD vector. */
const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123];

/** The messages of V8, SpiderMonkey and JavaScriptCore. */
const CAUSES: readonly [RegExp, () => string][] = [
  [
    /embedder|unsafe-eval|blocked by CSP|Security Policy/i,
    () =>
      isBrowser()
        ? "Add 'wasm-unsafe-eval' to script-src of the content security policy."
        : "This host can't compile WebAssembly at run time. Build with its export condition (workerd, edge-light), keep uber-vouchers external in Next.js (serverExternalPackages), or pass a compiled module to setModule.",
  ],
  [
    /Invalid URL|valid URL|as a URL/i,
    () => "This format has no import.meta.url. Build ES modules, or pass the module to setModule.",
  ],
  [
    /responded with \d|found 3c|magic|doesn't start with/i,
    () =>
      "No .wasm file is served at that URL. Copy it from uber-vouchers/dist to the script's folder (Angular: `assets`), or pass its URL to setModule.",
  ],
  [
    /ENOENT|NotFound|No such file|Cannot find|Received an instance of URL/i,
    () =>
      "The bundler did not copy the .wasm file. Keep uber-vouchers external (Next.js: serverExternalPackages, esbuild: --packages=external), or pass the module to setModule.",
  ],
];

/** The setting of the tool in use. */
export function loadingHint(cause: unknown): string {
  if (typeof WebAssembly === "undefined") {
    return "This host has no WebAssembly. Allow the site in the browser's lockdown mode, or use another host.";
  }
  const words = String(tryOrUndefined(() => membersOf(cause)["message"]));
  const [, hint] = CAUSES.find(([pattern]) => pattern.test(words)) ?? [];
  if (hint) return hint();
  if (tryOrUndefined(() => WebAssembly.validate(new Uint8Array(SIMD))) === false) {
    return "The module needs SIMD: Chromium 91, Firefox 89, Safari 16.4, Node.js 16.4, or later.";
  }
  return "Serve the .wasm next to the script, allow it in connect-src of the content security policy, or pass it to setModule.";
}
