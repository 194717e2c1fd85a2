/** What a user writes, in a project without any platform's types. */
import {
  type AnyVoucherError,
  type Client,
  type ClientOptions,
  type CodeList,
  type CodeState,
  type ErrorCode,
  type Job,
  type JobReport,
  type Receipt,
  type TokenCache,
  type TokenSet,
  ApiError,
  ConnectionError,
  ValidationError,
  type WebhookEvent,
  VoucherError,
  WebhookError,
  authorizationUrl,
  createClient,
  exchangeCode,
  parseCodes,
  parseCodesByProgram,
  setModule,
  verifyWebhook,
} from "uber-vouchers";
import {
  type DurableStorage,
  type Journal,
  type MemoryJournal,
  deleteIndexedDbJournal,
  durableObjectJournal,
  fileJournal,
  indexedDbJournal,
  memoryJournal,
} from "uber-vouchers/journal";
import { type Sandbox, createSandbox, setModule as setSandboxModule } from "uber-vouchers/sandbox";
import sandboxModule from "uber-vouchers/sandbox/wasm";
import module from "uber-vouchers/wasm";

setModule(module);
setModule(new Uint8Array());
setSandboxModule(sandboxModule);

const kept = new Map<string, TokenSet>();
const cache: TokenCache = {
  get: async (key) => kept.get(key),
  set: async (key, tokens) => {
    kept.set(key, tokens);
  },
};

export const options: ClientOptions[] = [
  { organizationId: "o", auth: "none", baseUrl: "/uber" },
  { organizationId: "o", auth: "none", headers: new Map([["x-trace", "1"]]) },
  { organizationId: "o", auth: { accessToken: "t" } },
  { organizationId: "o", auth: { accessToken: ({ rejected }) => rejected ?? "t" } },
  { organizationId: "o", auth: { accessToken: async () => "t" }, timeoutMs: Infinity },
  { organizationId: "o", auth: { clientId: "a", clientSecret: "b", cache } },
  {
    organizationId: "o",
    auth: {
      clientId: "a",
      clientSecret: "b",
      tokens: { accessToken: "t", expiresAt: 1, scope: "" },
      onTokens: async ({ accessToken, refreshToken }) => void [accessToken, refreshToken],
    },
  },
];

export async function distribute(client: Client, bytes: Uint8Array): Promise<Receipt[]> {
  const list: CodeList = await parseCodes(bytes, {
    column: "code_id",
    onProgress: ({ rows, totalBytes }) => void (rows / (totalBytes ?? 1)),
  });
  for (const { line, value, reason } of list.rejected) void [line, value, reason];
  const { programs } = await parseCodesByProgram("program_id,code\n", {
    column: 2,
    programColumn: { name: "program_id", occurrence: 1 },
    headerRow: 1,
  });
  const receipts: Receipt[] = [];
  for (const [programId, codes] of programs) {
    receipts.push(await client.distribute(programId, codes.valid(), { maxRetries: 0 }));
  }
  receipts.push(await client.distribute("p", ["a", "b"]));
  receipts.push(await client.distribute("p", new Set(["a"])));
  receipts.push(await client.distribute("p", list));
  receipts.push(await client.distributeAll("p", { timeoutMs: 1_000 }));
  const count: number | "all" | undefined = receipts[0]?.codes;
  void count;
  const [code] = await client.listCodes("p", { includeUsage: true });
  const usage: number | null | undefined = code?.usageCount;
  const [program] = await client.searchPrograms({ status: "ACTIVE", limit: 10, offset: 0 });
  const name: string | null | undefined = program?.name;
  void [usage, name];
  return receipts;
}

export function tell(error: unknown): string {
  if (error instanceof ValidationError) return error.issues.map(({ index }) => index).join();
  if (error instanceof ApiError) return `${error.status} ${error.uberCode ?? ""} ${error.body}`;
  if (error instanceof ConnectionError) return String(error.cause);
  if (!(error instanceof VoucherError)) throw error;
  const { code, queued }: { code: ErrorCode; queued: "no" | "unknown" } = error;
  return `${code} ${queued} ${JSON.stringify(error.toJSON())}`;
}

export function narrow(error: AnyVoucherError): number | undefined {
  switch (error.code) {
    case "rate_limited":
      return error.retryAfterMs;
    case "invalid_codes":
      return error.issues.length;
    default:
      return undefined;
  }
}

export async function signIn(): Promise<Client> {
  const redirectUri = "https://admin.example/back";
  const url = await authorizationUrl({ clientId: "a", redirectUri, state: "s" });
  void url.href;
  const tokens = await exchangeCode({ clientId: "a", clientSecret: "b", code: "c", redirectUri });
  const auth = { clientId: "a", clientSecret: "b", tokens };
  return createClient({ organizationId: "o", auth });
}

export async function tryOut(): Promise<Map<string, number>> {
  const sandbox: Sandbox = await createSandbox({
    seed: 1,
    faults: { hang: 0.5 },
    latencyMs: [1, 2],
  });
  const { programId, codes } = sandbox.createProgram({ codes: 10 });
  const { fetch, clock } = sandbox;
  const client = createClient({ organizationId: "o", auth: { accessToken: "t" }, fetch, clock });
  await client.distribute(programId, codes);
  sandbox.advance(60_000);
  await sandbox.deliverWebhooks(async ({ url }) => ({ status: url === "" ? 500 : 200 }));
  return sandbox.deliveries(programId);
}

/** As the platform declares it, shortened. */
interface ObjectStorage {
  list<T = unknown>(options?: {
    start?: string;
    startAfter?: string;
    prefix?: string;
    reverse?: boolean;
    limit?: number;
    noCache?: boolean;
  }): Promise<Map<string, T>>;
  put<T>(key: string, value: T, options?: { noCache?: boolean }): Promise<void>;
  put<T>(entries: Record<string, T>, options?: { noCache?: boolean }): Promise<void>;
  delete(key: string, options?: { noCache?: boolean }): Promise<boolean>;
  delete(keys: string[], options?: { noCache?: boolean }): Promise<number>;
  sync(): Promise<void>;
}

/** Whatever keeps the promises is a journal. */
class OwnJournal implements Journal {
  #bytes: number[] = [];
  async append(record: Uint8Array): Promise<void> {
    this.#bytes.push(...record);
  }
  async *read(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(this.#bytes);
  }
  async truncate(bytes: number): Promise<void> {
    this.#bytes.length = Math.min(this.#bytes.length, bytes);
  }
}

export async function keep(storage: ObjectStorage, url: { href: string }): Promise<Journal[]> {
  const duck: DurableStorage = storage;
  const memory: MemoryJournal = memoryJournal(new Uint8Array(1));
  const copy = memoryJournal(memory.bytes());
  const journals: Journal[] = [new OwnJournal(), memory, copy, indexedDbJournal("j")];
  journals.push(durableObjectJournal(storage, "j"), durableObjectJournal(duck, "j"));
  journals.push(fileJournal("j"), fileJournal(url));
  for (const journal of journals) {
    const release = await journal.lock?.();
    await journal.append(new Uint8Array(1));
    for await (const piece of journal.read()) void piece.byteLength;
    await journal.truncate(0);
    await release?.();
    const key: string | undefined = journal.key;
    void key;
  }
  await deleteIndexedDbJournal("j");
  return journals;
}

export async function distributeInBulk(client: Client, list: CodeList): Promise<JobReport> {
  const job: Job = await client.createJob("p", list, {
    journal: fileJournal("june.journal"),
    batchSize: 1000,
    concurrency: 4,
    requestsPerSecond: Infinity,
    onProgress: ({ total, pending, etaMs }) => void [total - pending, etaMs ?? 0],
  });
  const stop = job.subscribe(() => void job.progress().queued);
  const report = await job.run();
  stop();
  for (const { id, state, lastError } of job.batches()) {
    if (state === "unknown" && lastError?.code === "timeout") await job.resolve(id, "resend");
  }
  await job.resolve("all", "queued");
  const failed: CodeState = "failed";
  for (const { code, reason, by } of job.results(failed)) void [code, reason ?? "", by];
  for await (const piece of job.resultsCsv()) void piece.byteLength;
  await job.close();
  const resumed = await client.resumeJob(fileJournal("june.journal"), { restored: true });
  void resumed.programId;
  return report;
}

export async function receive(body: Uint8Array, header: string | undefined): Promise<string[]> {
  const message = { body, signature: header, environment: null };
  const event: WebhookEvent = await verifyWebhook(message, { signingKey: ["a", "b"] });
  const sandbox = await createSandbox({ signingKey: "a" });
  for (const webhook of sandbox.webhooks()) await verifyWebhook(webhook, { signingKey: "a" });
  await verifyWebhook(
    { body: "{}", signature: null },
    {
      signingKey: "a",
      outcomes: ({ list }) => list.map((code: string) => ({ code, status: "failed" as const })),
    },
  );
  return event.outcomes.map(({ code, status, reason }) => `${code} ${status} ${reason ?? ""}`);
}

export function status(error: unknown): number {
  if (!(error instanceof WebhookError)) return 500;
  return error.code === "malformed_body" || error.code === "no_signing_key" ? 500 : 401;
}
