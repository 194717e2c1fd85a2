import { createClient } from "uber-vouchers/distribute";

const CODES = ["1f913a96-f52c-42a0-aa0b-a2ba53b2d631"];

/** @param {string} url */
export async function send(url) {
  const client = createClient({ organizationId: "o", auth: "none", baseUrl: url });
  await client.distribute("p", CODES);
}
