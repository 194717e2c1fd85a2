/** Reads whose connection to Uber breaks before a response. */
import assert from "node:assert/strict";
import { createServer, request as send } from "node:http";
import { once } from "node:events";
import { after, test } from "node:test";

import { freePort } from "../free-port.mjs";
import { ORGANIZATION, cleanUp, startUber, startWorker } from "./harness.mjs";

after(cleanUp);

test("a read is repeated once if its connection breaks", async () => {
  const uber = await startUber();
  const { programId, codes } = await uber.createProgram(3);
  let breaks = 0;
  /** @type {string[]} */
  let requests = [];
  const proxy = createServer((incoming, outgoing) => {
    const { method, url = "", headers } = incoming;
    if (!url.includes("token")) {
      requests.push(`${method} ${url.split("?")[0]}`);
      if (breaks > 0) {
        breaks -= 1;
        incoming.socket.destroy();
        return;
      }
    }
    const forwarded = send(uber.url + url, { method, headers }, (result) => {
      outgoing.writeHead(result.statusCode ?? 502, result.headers);
      result.pipe(outgoing);
    });
    incoming.pipe(forwarded);
  });
  const port = await freePort();
  await once(proxy.listen(port, "127.0.0.1"), "listening");
  try {
    const worker = await startWorker({ uber: `http://127.0.0.1:${port}` });
    const ofUber = `/v1/organizations/${ORGANIZATION}/voucher-programs/${programId}`;
    for (const path of [
      `/api/programs/${programId}/codes`,
      `/api/programs/${programId}/codes?summary=true`,
      `/api/programs/${programId}`,
      "/api/programs",
      `${ofUber}/codes`,
    ]) {
      for (const [broken, status] of /** @type {const} */ ([
        [1, 200],
        [2, 502],
      ])) {
        [breaks, requests] = [broken, []];
        const response = await worker.request(path);
        const text = await response.text();
        assert.equal(response.status, status, `${path} after ${broken}: ${text}`);
        assert.equal(requests.length, 2, `${path}: ${requests.join()}`);
        assert.equal(breaks, 0);
      }
    }
    // Uber may have received the request: it is never repeated.
    [breaks, requests] = [1, []];
    const reply = await worker.request(`${ofUber}/codes/distribute`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ codes }),
    });
    assert.equal(reply.status, 502, await reply.text());
    const distributes = requests.filter((line) => line.endsWith("/distribute"));
    assert.equal(distributes.length, 1, requests.join());
  } finally {
    proxy.close().closeAllConnections();
  }
});
