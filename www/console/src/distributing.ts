/** The one place that sends: a list, once, with an account of it kept. */
import type { CodeList, VoucherProgram } from "uber-vouchers";

import { announce } from "./announce.js";
import { type Config, DISTRIBUTE_OPTIONS, client, noteLost } from "./api.js";
import { type Explained, explain } from "./explain.js";
import { codes } from "./format.js";
import { type Send, findRepeats, readSend, recordSend, settleSend } from "./sends.js";

/** What the admin has confirmed. */
export interface Order {
  config: Config;
  programId: string;
  program: VoucherProgram | null;
  list: CodeList;
  source: string;
  rejectedLeftOut: number;
  /** How many codes that left this browser before the admin agreed to send again. */
  repeatsAccepted: number;
}

/** The id under which a send is kept, or why nothing was sent. */
export type Started = { sendId: string } | { refused: "busy" | "repeats" };

const INTERRUPTED: Explained = {
  state: "unknown",
  code: "interrupted",
  message: "The page was closed before an answer came",
  hint: "Look for claims in this program at Uber, or ask a few recipients. Codes that were queued would be sent a second time.",
  status: null,
  headers: {},
};

const lockOf = (sendId: string): string => `uber-vouchers-send:${sendId}`;

/**
 * Sends a list, and gives the id under which it is kept as soon as that is
 * written down. Refuses while another tab sends to this program, and when
 * another tab has sent some of these codes since the admin agreed.
 */
export function distribute(order: Order): Promise<Started> {
  return new Promise((resolve, reject) => {
    const programLock = `uber-vouchers-program:${order.programId}`;
    const work = async (lock: Lock | null) => {
      if (lock === null) return resolve({ refused: "busy" });
      const { list, config } = order;
      const repeats = await findRepeats(config.organizationId, list, list.size);
      if (repeats && repeats.queued + repeats.unknown > order.repeatsAccepted) {
        return resolve({ refused: "repeats" });
      }
      const sendId = crypto.randomUUID();
      // Held until there is an answer: whoever finds the record without its
      // lock knows that nobody waits for one any more.
      await navigator.locks.request(lockOf(sendId), () =>
        send(sendId, order, () => resolve({ sendId })),
      );
    };
    navigator.locks.request(programLock, { ifAvailable: true }, work).catch(reject);
  });
}

async function send(id: string, order: Order, written: () => void): Promise<void> {
  const { config, programId, program, list, source, rejectedLeftOut } = order;
  const record: Send = {
    id,
    organizationId: config.organizationId,
    environment: config.environment,
    programId,
    programName: program?.name ?? null,
    source,
    codes: list.size,
    duplicates: list.duplicates,
    rejectedLeftOut,
    startedAt: Date.now(),
    endedAt: null,
    state: "sending",
    receipt: null,
    error: null,
  };
  await recordSend(record, list);
  addEventListener("beforeunload", warn);
  written();
  announce(`Distributing ${codes(list.size)}.`);
  try {
    const caller = await client();
    const receipt = await caller.distribute(programId, list, DISTRIBUTE_OPTIONS);
    await settleSend(id, { state: "queued", endedAt: Date.now(), receipt });
    announce(`${codes(list.size)} queued. Delivery is reported later.`);
  } catch (thrown) {
    noteLost(thrown);
    const error = explain(thrown);
    await settleSend(id, { state: error.state, endedAt: Date.now(), error });
    announce(
      error.state === "unknown"
        ? `Uber may or may not have queued these ${codes(list.size)}. Do not send them again before you have looked.`
        : `Nothing was queued. ${error.message}.`,
    );
  } finally {
    removeEventListener("beforeunload", warn);
  }
}

function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/**
 * A send that has no answer yet: waits for the tab that sends it. If there is
 * none any more, its outcome is unknown.
 */
export async function awaitSend(id: string): Promise<void> {
  await navigator.locks.request(lockOf(id), async () => {
    const found = await readSend(id);
    if (found?.state !== "sending") return;
    await settleSend(id, { state: "unknown", endedAt: Date.now(), error: INTERRUPTED });
  });
}
