/** `sleep-child.mjs <url> <timeoutMs>`: calls that run while this process is suspended. */
import process from "node:process";

import { createClient } from "uber-vouchers";

const [, , baseUrl = "", timeoutMs] = process.argv;
const client = createClient({
  organizationId: "o",
  auth: "none",
  baseUrl,
  timeoutMs: Number(timeoutMs),
  maxRetries: 0,
});
const codes = ["1f913a96-f52c-42a0-aa0b-a2ba53b2d631"];
const calls = Array.from({ length: 6 }, () =>
  client.distribute("p", codes).then(
    ({ status }) => status,
    ({ code }) => code,
  ),
);
console.log(JSON.stringify(await Promise.all(calls)));
process.exit(0);
