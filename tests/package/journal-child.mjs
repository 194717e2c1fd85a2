/** The process that journal.test.mjs starts: `node journal-child.mjs <what> <file> [port]`. */
import cluster from "node:cluster";
import { once } from "node:events";
import { writeSync } from "node:fs";
import { connect } from "node:net";

import { fileJournal } from "uber-vouchers/journal";

import { contents, record, wholeRecords } from "./journal-records.mjs";

const [what, file = "", port] = process.argv.slice(2);
const journal = fileJournal(file);
const say = (/** @type {unknown} */ text) => void writeSync(1, `${text}\n`);
const text = (/** @type {string} */ text) => new TextEncoder().encode(text);
const lock = async () => (await journal.lock?.()) !== undefined;

/** @type {Record<string, () => unknown>} */
const actions = {
  /** Continues where the last process was killed, and reports each record that is kept. */
  async append() {
    if (!(await lock())) return say("busy");
    const { count, length } = wholeRecords(await contents(journal));
    await journal.truncate(length);
    say("locked");
    for (let number = count; ; number += 1) {
      await journal.append(record(number));
      say(number);
    }
  },
  /** Holds the lock, and does nothing else. */
  async end() {
    say((await lock()) ? "locked" : "busy");
  },
  /** Sends a request for each record that is kept. */
  async network() {
    const socket = connect(Number(port), "127.0.0.1");
    await once(socket, "connect");
    for (let number = 0; number < 3; number += 1) {
      await journal.append(text(`<record ${number}>`));
      await new Promise((sent) => socket.write(`<sent ${number}>`, sent));
    }
    socket.end();
  },
  /** Appends until the disk is full. */
  async full() {
    for (let number = 0; ; number += 1) {
      try {
        await journal.append(new Uint8Array(3_000).fill(number));
      } catch (error) {
        say(JSON.stringify([number, /** @type {any} */ (error).code]));
        break;
      }
    }
    say((await contents(journal)).length);
    await journal.append(new Uint8Array(1_000));
    say((await contents(journal)).length);
  },
  /** Two workers of a cluster. */
  async cluster() {
    if (cluster.isPrimary) {
      for (let count = 0; count < 2; count += 1) {
        const worker = cluster.fork();
        const [response] = await once(worker, "message");
        say(response);
      }
      for (const worker of Object.values(cluster.workers ?? {})) worker?.kill();
    } else {
      process.send?.((await lock()) ? "locked" : "busy");
    }
  },
};
await actions[String(what)]?.();
