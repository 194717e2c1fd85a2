/** What a user writes where the platform's types know `await using`. */
import { type Client } from "uber-vouchers";
import { memoryJournal } from "uber-vouchers/journal";

export async function briefly(client: Client): Promise<number> {
  await using job = await client.resumeJob(memoryJournal());
  return job.progress().total;
}
