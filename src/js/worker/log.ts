/** Logs one line of JSON for each event, never with a secret, a token, a code or a recipient's data. */
import { membersOf } from "../schema.js";

export function log(
  event: string,
  members: Record<string, string | number | boolean | null>,
): void {
  console.log(JSON.stringify({ event, ...members }));
}

/** Logs an error, without text from outside. */
export function logError(where: string, error: unknown): void {
  const { name, code } = membersOf(error);
  // Lines of the stack hold only names of functions; the message before them may hold values.
  const lines = error instanceof Error ? (error.stack ?? "").split("\n") : [];
  const stack = lines
    .filter((line) => /^ +at /.test(line))
    .slice(0, 5)
    .join("\n");
  log("failed", { where, name: short(name ?? typeof error), code: short(code ?? ""), stack });
}

const short = (value: unknown) => String(value).slice(0, 100);
