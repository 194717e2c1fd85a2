/** What is checked before a request is served. */
import type { Call } from "./env.js";
import { refused } from "./problem.js";

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * There is no sign-in yet, so only this machine is served. The name that the
 * request gives is checked too: a foreign page can point its own name at
 * 127.0.0.1 and would then be "same origin" (DNS rebinding).
 */
export function refuseForeignHost({ url }: Call): Response | undefined {
  if (LOOPBACK.test(url.hostname)) return undefined;
  return refused(
    403,
    "not_local",
    "This worker serves only the machine it runs on",
    "Open it as localhost or 127.0.0.1.",
  );
}

/** Refuses what another site's page sends. A tool that is no browser says nothing and may read. */
export function refuseOtherSites({ request }: Call): Response | undefined {
  const site = request.headers.get("Sec-Fetch-Site");
  if (site === null || site === "same-origin" || site === "none") return undefined;
  return foreign();
}

/** Refuses what does not come from the console's own page. */
export function refuseOtherOrigins(call: Call): Response | undefined {
  const { request, url } = call;
  if (request.headers.get("Origin") !== url.origin) return foreign();
  return refuseOtherSites(call);
}

function foreign(): Response {
  return refused(
    403,
    "foreign_origin",
    "The request does not come from the console's own page",
    "Open the console at this worker's own address.",
  );
}

/** Refuses another method than `method`. */
export function refuseOtherMethods({ request }: Call, ...methods: string[]): Response | undefined {
  if (methods.includes(request.method)) return undefined;
  const allow = methods.join(", ");
  return refused(405, "method_not_allowed", `Only ${allow} is served here`, `Use ${allow}.`, {
    Allow: allow,
  });
}

const MOST_BYTES = 2 * 1024 * 1024;

/** The JSON of a request, or why it isn't read. An empty body is `undefined`. */
export async function readJson(
  request: Request,
): Promise<{ json: unknown } | { refusal: Response }> {
  const type = request.headers.get("Content-Type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    return {
      refusal: refused(
        415,
        "unsupported_media_type",
        "The body must be application/json",
        "Set Content-Type: application/json.",
      ),
    };
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      if (size > MOST_BYTES) {
        return {
          refusal: refused(
            413,
            "body_too_large",
            "The body is larger than 2 MiB",
            "Send at most 30,000 codes.",
          ),
        };
      }
      chunks.push(chunk);
    }
    const text = await new Blob(chunks as BlobPart[]).text();
    return { json: text.trim() === "" ? undefined : JSON.parse(text) };
  } catch {
    return {
      refusal: refused(
        400,
        "invalid_json",
        "The body could not be read as JSON",
        'Send {"codes": ["…"]}.',
      ),
    };
  }
}
