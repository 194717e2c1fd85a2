/** What a user writes where the platform's own types are known. */
import {
  type Client,
  type Job,
  authorizationUrl,
  createClient,
  parseCodes,
  verifyWebhook,
} from "uber-vouchers";
import { fileJournal, memoryJournal } from "uber-vouchers/journal";
import { createSandbox } from "uber-vouchers/sandbox";

const binding: { fetch: typeof fetch } = { fetch };

export async function everywhere(client: Client, file: File, signal: AbortSignal): Promise<void> {
  await client.distribute("p", file, { signal });
  await client.distribute("p", file.stream());
  await client.distribute("p", await file.arrayBuffer(), { signal: AbortSignal.timeout(1_000) });
  await parseCodes(new Blob(["x"]), { signal: new AbortController().signal });
  const { body } = await fetch("/codes.csv");
  if (body) await parseCodes(body);
  if (body) await parseCodes(body.pipeThrough(new TextDecoderStream()));
  const options = { organizationId: "o", auth: "none" } as const;
  const fields: HeadersInit[] = [new Headers(), [["x-trace", "1"]], { "x-trace": "1" }];
  fields.forEach((headers) => createClient({ ...options, headers }));
  createClient({ ...options, fetch });
  createClient({ ...options, fetch: binding, baseUrl: new URL("https://uber.example") });
  createClient({ ...options, fetch: (url, init) => fetch(url, init), module: new Uint8Array() });
  createClient({ ...options, module: await WebAssembly.compileStreaming(fetch("/x.wasm")) });
  const sandbox = await createSandbox();
  createClient({ ...options, fetch: sandbox.fetch, clock: sandbox.clock });
  const response: Response = await sandbox.fetch("https://api.uber.com/");
  await sandbox.deliverWebhooks((request) => fetch(request));
  await sandbox.deliverWebhooks(async (request: Request) => {
    await verifyWebhook(request, { signingKey: "k" });
    return new Response();
  });
  void response;
  void fileJournal(new URL("file:///j"));
}

/** What comes out is the platform's own. */
export async function given(job: Job): Promise<Response> {
  const options = { clientId: "a", redirectUri: "https://admin.example/", state: "s" };
  const url: URL = await authorizationUrl(options);
  void url.searchParams.get("state");
  const stream: ReadableStream = job.resultsCsv();
  void stream.pipeThrough(new TextDecoderStream());
  void new Blob([new Uint8Array(memoryJournal().bytes())]);
  return new Response(job.resultsCsv(), { headers: { "content-type": "text/csv" } });
}
