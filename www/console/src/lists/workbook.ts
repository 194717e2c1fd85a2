/** Workbooks (.xlsx): recognizes them, and reads their sheets as CSV. */
import { startWorker } from "../server/page-worker.js";
import readerUrl from "./workbook-reader.js?worker&url";

export interface Sheet {
  name: string;
  csv: string;
}

/** The directory of a ZIP archive is at its end. */
const LONGEST_END = 1 << 16;
/** Larger ones would not fit into the memory of a phone when unpacked. */
const MAX_BYTES = 50_000_000;

/** Whatever its name is. */
export async function isWorkbook(file: Blob): Promise<boolean> {
  if ((await file.slice(0, 4).text()) !== "PK\u0003\u0004") return false;
  return (await file.slice(-LONGEST_END).text()).includes("xl/workbook.xml");
}

/** Its sheets that are not empty; none if it can't be read. */
export function sheetsOf(file: Blob, signal: AbortSignal): Promise<readonly Sheet[]> {
  return new Promise((resolve, reject) => {
    if (file.size > MAX_BYTES) {
      resolve([]);
      return;
    }
    const reader = startWorker(readerUrl);
    const end = () => reader.terminate();
    signal.addEventListener("abort", () => {
      end();
      reject(signal.reason as Error);
    });
    reader.onmessage = ({ data }: MessageEvent<readonly Sheet[] | null>) => {
      end();
      resolve((data ?? []).filter(({ csv }) => /[^,\s]/.test(csv)));
    };
    reader.onerror = () => {
      end();
      resolve([]);
    };
    reader.postMessage(file);
  });
}
