/** What a user writes where Node.js's types are known and no page's. */
import { Buffer } from "node:buffer";
import { createReadStream, createWriteStream } from "node:fs";
import type { IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";

import {
  type Client,
  type Job,
  type Receipt,
  authorizationUrl,
  createClient,
  parseCodes,
  parseCodesByProgram,
  verifyWebhook,
} from "uber-vouchers";
import { fileJournal } from "uber-vouchers/journal";
import { createSandbox } from "uber-vouchers/sandbox";

export async function send(client: Client): Promise<Receipt> {
  await parseCodesByProgram(createReadStream("codes.csv"));
  await parseCodes(Buffer.from("x"));
  await parseCodes(createInterface({ input: createReadStream("codes.txt") }));
  const signal = AbortSignal.any([AbortSignal.timeout(1_000), new AbortController().signal]);
  return client.distribute("p", createReadStream("codes.csv"), { signal });
}

export async function save(job: Job): Promise<URL> {
  await pipeline(job.resultsCsv(), createWriteStream("results.csv"));
  void fileJournal(pathToFileURL("june.journal"));
  void fileJournal("june.journal", { create: false });
  const app = { clientId: "a", redirectUri: "https://admin.example/", state: "s" };
  return authorizationUrl(app);
}

export async function receive(message: IncomingMessage, body: Buffer): Promise<string> {
  const signature = String(message.headers["x-uber-signature"]);
  const { type } = await verifyWebhook({ body, signature }, { signingKey: "k" });
  const { headers } = message;
  const bytes = new Uint8Array(body).buffer;
  const shape = { headers, bodyUsed: false, arrayBuffer: async () => bytes };
  await verifyWebhook(shape, { signingKey: "k" });
  return type;
}

export async function tryOut(): Promise<number> {
  const sandbox = await createSandbox();
  const { fetch: answer, clock } = sandbox;
  createClient({ organizationId: "o", auth: "none", fetch });
  createClient({ organizationId: "o", auth: "none", fetch: answer, clock });
  const response: Response = await answer("https://api.uber.com/", { method: "POST" });
  return response.status;
}
