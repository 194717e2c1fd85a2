/**
 * Uber's other side, for `npm start` without credentials: the package's sandbox
 * as a worker of its own, with some programs to try. One object holds it, in a
 * journal, and sends its webhooks.
 */
import { DurableObject, type ObjectContext } from "cloudflare:workers";
import { durableObjectJournal } from "uber-vouchers/journal";
import {
  type Sandbox,
  type SandboxProgramOptions,
  type SandboxSettings,
  createSandbox,
} from "uber-vouchers/sandbox";

interface Env {
  SANDBOX: { idFromName(name: string): unknown; get(id: unknown): { fetch: typeof fetch } };
  UBER_ORGANIZATION_ID: string;
  UBER_CLIENT_ID: string;
  UBER_CLIENT_SECRET: string;
  UBER_SIGNING_KEY: string;
  WEBHOOK_URL: string;
  /** What goes wrong, and how often: `{"error_after": 0.2}`. */
  SANDBOX_FAULTS?: SandboxSettings["faults"];
  /** How many webhooks are sent a second, until the panel says something else. */
  SANDBOX_WEBHOOKS?: number;
}

/** Of the first codes of some, so many are cancelled, and so many in use. */
interface Program extends SandboxProgramOptions {
  id: string;
  canceled?: number;
  used?: number;
}

const PROGRAMS: Program[] = [
  {
    id: "5f0c1d52-6e0b-4a8e-9f37-2b1f4c8a7d01",
    name: "Berlin summer party",
    codes: 1_204,
    currencyCode: "EUR",
    guests: 1_167,
  },
  { id: "8a4be1c7-1f6d-4d0a-8c53-91e0a6f2b302", name: "New hire rides 2026", codes: 50 },
  { id: "c3d9f2a8-7b45-4e19-a0d6-5f8e1b7c4903", name: "Customer day", codes: 30_000 },
  {
    id: "e71a60b4-93cd-4f28-b5e2-0d4c9a8f6e04",
    name: "Späti-Gutscheine für die Nachtschicht “Nordost” – Q4, Zürich & Łódź (only after 10 p.m.)",
    codes: 312,
    currencyCode: "EUR",
  },
  { id: "1b82d7e5-a4f0-4c63-9e1b-7c3f5d20a805", name: "Board dinner", codes: 1 },
  {
    id: "7c5e90d3-18ab-4f6d-b2c7-64a1f0e3d906",
    name: "Autumn campaign",
    codes: 60,
    currencyCode: "EUR",
    guests: 55,
    // Of these, so many of the first are not to be sent: a review has to say so.
    canceled: 3,
    used: 2,
  },
];

/** What the console's panel sets. */
interface Settings extends SandboxSettings {
  webhooksPerSecond?: number;
  /** How far the sandbox's time moves on: people use their codes meanwhile. */
  advanceMs?: number;
}

const PANEL = "/api/sandbox";
const DELIVERIES = /^\/api\/sandbox\/programs\/([^/]+)\/deliveries$/;
const RATE = "webhooksPerSecond";
const DEFAULT_RATE = 20;
const MOST_WEBHOOKS = 1_000;
const LONGEST_ADVANCE_MS = 31 * 24 * 60 * 60 * 1_000;
/** Webhooks are sent in turns of this length, or of one webhook where that takes longer. */
const TURN_MS = 250;
/** More than this many connections at once would only wait for one another. */
const CONNECTIONS = 6;

export default {
  fetch(request: Request, env: Env): Promise<Response> {
    return env.SANDBOX.get(env.SANDBOX.idFromName("sandbox")).fetch(request);
  },
};

export class SandboxState extends DurableObject<Env> {
  #sandbox!: Sandbox;
  /** Webhooks a second; none while it is 0. */
  #rate = DEFAULT_RATE;
  /** Before this, no turn begins. */
  #nextTurn = 0;
  #alarmAt = Infinity;

  constructor(ctx: ObjectContext, env: Env) {
    super(ctx, env);
    void ctx.blockConcurrencyWhile(() => this.#open());
  }

  async #open(): Promise<void> {
    const { env, ctx } = this;
    const { storage } = ctx;
    this.#rate = (await storage.get<number>(RATE)) ?? env.SANDBOX_WEBHOOKS ?? DEFAULT_RATE;
    this.#sandbox = await createSandbox({
      organizationId: env.UBER_ORGANIZATION_ID,
      clientId: env.UBER_CLIENT_ID,
      clientSecret: env.UBER_CLIENT_SECRET,
      signingKey: env.UBER_SIGNING_KEY,
      webhookUrl: env.WEBHOOK_URL,
      latencyMs: [120, 480],
      realTime: true,
      failureRate: 0.03,
      useRate: 0.3,
      faults: { webhook_duplicated: 0.1, webhook_reordered: 0.1 },
      journal: durableObjectJournal(storage, "sandbox"),
    });
    // Said on the command line, so it holds over what was set before.
    if (env.SANDBOX_FAULTS) this.#sandbox.configure({ faults: env.SANDBOX_FAULTS });
    const known = new Set(this.#sandbox.programs().map(({ programId }) => programId));
    for (const { canceled = 0, used = 0, ...program } of PROGRAMS) {
      if (known.has(program.id)) continue;
      const { codes } = this.#sandbox.createProgram(program);
      for (const code of codes.slice(0, canceled)) this.#sandbox.cancel(program.id, code);
      for (const code of codes.slice(canceled, canceled + used)) {
        this.#sandbox.redeem(program.id, code);
      }
    }
    this.#alarmAt = (await storage.getAlarm()) ?? Infinity;
    await this.#arm();
  }

  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === PANEL) return this.#panel(request);
    const [, sent] = DELIVERIES.exec(pathname) ?? [];
    if (sent !== undefined) return this.#deliveries(sent);
    // workerd ends a request for which nothing is pending. The fault `hang` is
    // to look like a server that is silent, so something has to be; and it may
    // have queued webhooks all the same.
    const alive = setInterval(() => void this.#arm(), 1_000);
    try {
      return await this.#sandbox.fetch(request);
    } finally {
      clearInterval(alive);
      await this.#arm();
    }
  }

  /** A turn: sends what is due, at the rate that was set. Never throws, or it would come again. */
  async alarm(): Promise<void> {
    this.#alarmAt = Infinity;
    const limit = Math.ceil((this.#rate * TURN_MS) / 1_000);
    try {
      if (limit > 0) {
        this.#nextTurn = Date.now() + (limit * 1_000) / this.#rate;
        await this.#deliver(limit);
      }
      await this.#arm();
    } catch (error) {
      console.error("The sandbox's webhooks failed", error);
    }
  }

  async #deliver(limit: number): Promise<void> {
    const lanes = Array.from({ length: Math.min(CONNECTIONS, limit) }, (_, lane) =>
      this.#sandbox.deliverWebhooks(undefined, { limit: Math.ceil((limit - lane) / CONNECTIONS) }),
    );
    await Promise.all(lanes);
  }

  /** Has the next turn begin once a webhook is due, and not at all while none waits. */
  async #arm(): Promise<void> {
    const dueAt = this.#sandbox.nextWebhookAt;
    if (dueAt === undefined || this.#rate === 0) return;
    // An alarm follows the wall clock, which the sandbox's may be ahead of.
    const ahead = this.#sandbox.clock.now() - Date.now();
    const at = Math.max(dueAt - ahead, this.#nextTurn, Date.now());
    if (at >= this.#alarmAt) return;
    this.#alarmAt = at;
    await this.ctx.storage.setAlarm(at);
  }

  /** How often each code was sent: what every claim about it can be compared with. */
  #deliveries(programId: string): Response {
    const isKnown = this.#sandbox.programs().some((program) => program.programId === programId);
    if (!isKnown) return new Response(null, { status: 404 });
    return Response.json(Object.fromEntries(this.#sandbox.deliveries(programId)));
  }

  async #panel(request: Request): Promise<Response> {
    const sandbox = this.#sandbox;
    if (request.method === "PUT") {
      try {
        const {
          webhooksPerSecond = this.#rate,
          advanceMs = 0,
          ...settings
        } = (await request.json()) as Settings;
        checkRange(RATE, webhooksPerSecond, MOST_WEBHOOKS);
        checkRange("advanceMs", advanceMs, LONGEST_ADVANCE_MS);
        sandbox.configure(settings);
        if (advanceMs > 0) sandbox.advance(advanceMs);
        this.#rate = webhooksPerSecond;
      } catch (error) {
        return new Response(String(error), { status: 400 });
      }
      await this.ctx.storage.put(RATE, this.#rate);
      this.#nextTurn = 0;
      await this.#arm();
    }
    return Response.json({
      ...sandbox.settings,
      webhooksPerSecond: this.#rate,
      paused: this.#rate === 0,
      waiting: sandbox.waitingWebhooks,
      delivered: sandbox.deliveredWebhooks,
      used: sandbox.usedCodes,
      now: sandbox.clock.now(),
    });
  }
}

function checkRange(name: string, value: number, most: number): void {
  if (!(value >= 0 && value <= most)) {
    throw new TypeError(`\`${name}\` must be a number from 0 to ${most}`);
  }
}
