/** Takes whatever comes and answers `{}`, until its input ends. Prints its port. */
import { createServer } from "node:http";
import process from "node:process";

const server = createServer((request, response) => {
  request.resume().once("end", () => {
    response.setHeader("Content-Type", "application/json").end("{}");
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(port);
});
process.stdin.resume().once("close", () => process.exit());
