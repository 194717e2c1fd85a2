/** Runs `npm start` in a process of its own, with its own state. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { freePort } from "../free-port.mjs";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const TOKEN = "console-test-admin-token";
/** Tests decide at once; a test of longer waits sets them itself. */
const TRIAL = { SETTLE_MINUTES: "0", START_DELAY_SECONDS: "0" };
const START_MS = 240_000;
const STOP_MS = 10_000;

/** @param {Record<string, string>} [more] what is set besides */
export async function start(more = {}) {
  const isDefault = Object.keys(more).length === 0;
  const port = (isDefault && Number(process.env["PORT"])) || (await freePort());
  const origin = `http://127.0.0.1:${port}`;
  const state = await mkdtemp(join(tmpdir(), "uber-vouchers-console-"));
  const child = spawn(process.execPath, [join(ROOT, "scripts", "start.mjs")], {
    env: {
      ...TRIAL,
      ...process.env,
      PORT: String(port),
      STATE: state,
      ADMIN_TOKEN: TOKEN,
      ...more,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  await new Promise((resolve, reject) => {
    const late = () => reject(new Error("npm start took too long"));
    setTimeout(late, START_MS).unref();
    child.once("exit", (code) => reject(new Error(`npm start ended with ${code}`)));
    child.stdout.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
      output += text;
      if (output.includes("Ctrl+C stops it")) resolve(undefined);
    });
  });
  const [link = "", approverLink = ""] =
    output.match(/http:\/\/127\.0\.0\.1:\d+\/[\w-]{20,}/g) ?? [];
  return {
    origin,
    /** The link that signs in, once. */
    link,
    /** How the second operator signs in, if jobs need approval. */
    approver: {
      link: approverLink,
      token: /in there with the token: (\S+)/.exec(output)?.[1] ?? "",
    },
    /** The folder of the console's built files. */
    assets: join(ROOT, "build", "start", String(port), "console", "assets"),
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await ended;
      clearTimeout(late);
      await rm(state, { recursive: true, force: true });
    },
  };
}
