/** Takes a long list of codes apart: runs in a worker of the page, which stays smooth meanwhile. */
import type { ProgramCode } from "./types.js";

/** So many are handed over at once. */
const AT_ONCE = 5_000;

onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
  try {
    const { codes } = JSON.parse(new TextDecoder().decode(data)) as { codes: ProgramCode[] };
    for (let from = 0; from < codes.length; from += AT_ONCE) {
      postMessage(codes.slice(from, from + AT_ONCE));
    }
    postMessage("end");
  } catch {
    postMessage("broken");
  }
};
