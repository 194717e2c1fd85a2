/** `npm start` in a process of its own, with a state of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { freePort } from "../free-port.mjs";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const TOKEN = "console-test-admin-token";
/** Tests decide at once; what waits for longer is set by the test that looks at it. */
const TRIAL = { SETTLE_MINUTES: "0", START_DELAY_SECONDS: "0" };
const START_MS = 240_000;

export async function start() {
  const port = Number(process.env["PORT"]) || (await freePort());
  const origin = `http://127.0.0.1:${port}`;
  const state = await mkdtemp(join(tmpdir(), "uber-vouchers-console-"));
  const child = spawn(process.execPath, [join(ROOT, "scripts", "start.mjs")], {
    env: { ...TRIAL, ...process.env, PORT: String(port), STATE: state, ADMIN_TOKEN: TOKEN },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let link = "";
  await new Promise((resolve, reject) => {
    const late = () => reject(new Error("npm start took too long"));
    setTimeout(late, START_MS).unref();
    child.once("exit", (code) => reject(new Error(`npm start ended with ${code}`)));
    child.stdout.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
      link ||= /http:\/\/127\.0\.0\.1:\d+\/[\w-]{20,}/.exec(text)?.[0] ?? "";
      if (text.includes(origin)) resolve(undefined);
    });
  });
  return {
    origin,
    /** What signs in, once. */
    link,
    /** Where the built files of the console are. */
    assets: join(ROOT, "build", "start", String(port), "console", "assets"),
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
      await rm(state, { recursive: true, force: true });
    },
  };
}
