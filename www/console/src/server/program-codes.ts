/** The codes of a program, with what is known of each. Of 300,000 they are 9 MB. */
import readerUrl from "./codes-reader.js?worker&url";
import { startWorker } from "./page-worker.js";
import { apiOf } from "./programs.js";
import { useResource } from "./resource.js";
import type { ProgramCode } from "./types.js";
import { worker } from "./worker.js";

interface Codes {
  codes: ProgramCode[];
}

/** What is smaller is read in a moment. */
const MANY_BYTES = 500_000;

export const useProgramCodes = (programId: string) =>
  useResource<Codes>(`${apiOf(programId)}/codes?usage=true`, { isCostly: true, read: readCodes });

async function readCodes(path: string): Promise<Codes> {
  const answer = (await worker.request(path)) as Response;
  const bytes = await answer.arrayBuffer();
  if (bytes.byteLength < MANY_BYTES) return JSON.parse(new TextDecoder().decode(bytes)) as Codes;
  return { codes: await takenApart(bytes) };
}

function takenApart(bytes: ArrayBuffer): Promise<ProgramCode[]> {
  return new Promise((resolve, reject) => {
    const codes: ProgramCode[] = [];
    const reader = startWorker(readerUrl);
    const end = (act: () => void) => {
      reader.terminate();
      act();
    };
    reader.onmessage = ({ data }: MessageEvent<ProgramCode[] | "end" | "broken">) => {
      if (data === "end") end(() => resolve(codes));
      else if (data === "broken") end(() => reject(new Error("The list of codes is cut off")));
      else for (const code of data) codes.push(code);
    };
    reader.onerror = () => end(() => reject(new Error("The list of codes can’t be read")));
    reader.postMessage(bytes, [bytes]);
  });
}
