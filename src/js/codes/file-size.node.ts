/** The size of a file that a stream of Node.js, Deno or Bun reads. */
import { stat } from "node:fs/promises";

import { provideFileSize } from "./stream.js";

provideFileSize(async (stream) => {
  const { path, bytesRead, start, end } = stream as {
    path?: unknown;
    bytesRead?: unknown;
    start?: unknown;
    end?: unknown;
  };
  const isWhole = (start === undefined || start === 0) && (end === undefined || end === Infinity);
  if (typeof path !== "string" || typeof bytesRead !== "number" || !isWhole) return undefined;
  const found = await stat(path);
  return found.isFile() ? found.size : undefined;
});
