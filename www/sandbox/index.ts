/**
 * A simulation of Uber, for `npm start` without credentials: the package's sandbox as a
 * worker of its own, with some programs to try. One object holds it, in a journal, and
 * sends its webhooks.
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
  /** The faults and their probabilities: `{"error_after": 0.2}`. */
  SANDBOX_FAULTS?: SandboxSettings["faults"];
  /** How many webhooks are sent per second, until the panel changes it. */
  SANDBOX_WEBHOOKS?: number;
  /** How many codes a program has that stands beside the others; 0: there is none. */
  SANDBOX_LARGE?: number;
}

/** How many of the first codes of some programs are cancelled, and how many are in use. */
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
    // The first ones must not be sent, so that a review shows how many are left out.
    canceled: 3,
    used: 2,
  },
];

const LARGE = { id: "d40b6f1e-27c8-4a95-b3d1-6e8f0a5c2b07", name: "Whole company" };

/** The settings of the console's panel. */
interface Settings extends SandboxSettings {
  webhooksPerSecond?: number;
  /** How far the sandbox's time is advanced: meanwhile people use their codes. */
  advanceMs?: number;
}

const PANEL = "/api/sandbox";
const DELIVERIES = /^\/api\/sandbox\/programs\/([^/]+)\/deliveries$/;
const RATE = "webhooksPerSecond";
const DEFAULT_RATE = 20;
const MAX_WEBHOOKS = 1_000;
const LONGEST_ADVANCE_MS = 31 * 24 * 60 * 60 * 1_000;
/** Webhooks are sent in turns of this length; a single webhook may take longer. */
const TURN_MS = 250;
/** More connections at once would only wait for each other. */
const CONNECTIONS = 6;

export default {
  fetch(request: Request, env: Env): Promise<Response> {
    return env.SANDBOX.get(env.SANDBOX.idFromName("sandbox")).fetch(request);
  },
};

export class SandboxState extends DurableObject<Env> {
  #sandbox!: Sandbox;
  /** Webhooks per second; 0 stops them. */
  #rate = DEFAULT_RATE;
  /** No turn begins before this time. */
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
    // Given on the command line, so it overrides earlier settings.
    if (env.SANDBOX_FAULTS) this.#sandbox.configure({ faults: env.SANDBOX_FAULTS });
    const known = new Set(this.#sandbox.programs().map(({ programId }) => programId));
    const { SANDBOX_LARGE: large = 0 } = env;
    const programs: Program[] = [...PROGRAMS, ...(large > 0 ? [{ ...LARGE, codes: large }] : [])];
    for (const { canceled = 0, used = 0, ...program } of programs) {
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
    // workerd ends a request for which nothing is pending. The fault `hang` should look like a
    // server that does not respond, so something has to be pending; and it may have queued webhooks
    // anyway.
    const alive = setInterval(() => void this.#arm(), 1_000);
    try {
      return await this.#sandbox.fetch(request);
    } finally {
      clearInterval(alive);
      await this.#arm();
    }
  }

  /**
   * A turn: sends what is due, at the configured rate. Never throws, because the turn would be
   * repeated.
   */
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

  /** Schedules the next turn for when a webhook is due, and none if there is none. */
  async #arm(): Promise<void> {
    const dueAt = this.#sandbox.nextWebhookAt;
    if (dueAt === undefined || this.#rate === 0) return;
    // An alarm follows the wall clock, which the sandbox's clock may be ahead of.
    const ahead = this.#sandbox.clock.now() - Date.now();
    const at = Math.max(dueAt - ahead, this.#nextTurn, Date.now());
    if (at >= this.#alarmAt) return;
    this.#alarmAt = at;
    await this.ctx.storage.setAlarm(at);
  }

  /** How often each code was sent: the truth with which every report can be compared. */
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
        checkRange(RATE, webhooksPerSecond, MAX_WEBHOOKS);
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
