/** A web worker that the page's security policy allows: with a script of the page's own origin. */

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}

/** The name that the policy of the page allows. */
const NAME = "page-workers";

const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
const policy = trustedTypes?.createPolicy(NAME, { createScriptURL: ownScript });

function ownScript(url: string): string {
  const { origin, href } = new URL(url, location.href);
  if (origin !== location.origin) throw new TypeError("A worker's script has to be of this origin");
  return href;
}

export function startWorker(url: string): Worker {
  return new Worker((policy ?? { createScriptURL: ownScript }).createScriptURL(url), {
    type: "module",
  });
}
