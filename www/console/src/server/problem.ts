/** What went wrong with a call of the worker's API. */

interface Body {
  code: string;
  title: string;
  hint: string;
  queued: "no" | "unknown";
  [more: string]: unknown;
}

/** An answer that says no, or no answer at all. */
export class Problem extends Error {
  constructor(
    readonly code: string,
    readonly title: string,
    readonly hint: string,
    /** May something have been queued because of this call? */
    readonly queued: "no" | "unknown",
    /** `null`: there was no answer. */
    readonly status: number | null,
    /** Members of its own. */
    readonly more: Record<string, unknown> = {},
  ) {
    super(title);
  }
}

/** The call got no answer. */
export const lost = (): Problem =>
  new Problem(
    "connection_failed",
    "The worker did not answer",
    "Check your connection. The console tries again by itself.",
    "unknown",
    null,
  );

/** Of an answer that is no success. */
export async function problemOf(answer: Response): Promise<Problem> {
  try {
    const { code, title, hint, queued, ...more } = (await answer.json()) as Body;
    if (typeof code === "string" && typeof title === "string") {
      return new Problem(code, title, String(hint ?? ""), queued, answer.status, more);
    }
  } catch {
    // Not the worker's own words: something before it has answered.
  }
  return new Problem(
    `http_${answer.status}`,
    `Something between this page and the worker answered with ${answer.status}`,
    "Try again in a while.",
    "unknown",
    answer.status,
  );
}

/** Whatever was thrown, as a problem. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new Problem("internal", `The console failed: ${why}`, "Reload the page.", "unknown", null);
}
