/**
 * Uber's other side, for `npm start` without credentials: the package's
 * sandbox as a worker of its own, with some programs to try.
 */
import { type Sandbox, createSandbox } from "uber-vouchers/sandbox";

interface Env {
  UBER_ORGANIZATION_ID: string;
  UBER_CLIENT_ID: string;
  UBER_CLIENT_SECRET: string;
  /** What goes wrong, and how often: `{"error_after": 0.2}`. */
  SANDBOX_FAULTS?: Record<string, number>;
}

const PROGRAMS = [
  { id: "5f0c1d52-6e0b-4a8e-9f37-2b1f4c8a7d01", name: "Berlin summer party", codes: 1_204 },
  { id: "8a4be1c7-1f6d-4d0a-8c53-91e0a6f2b302", name: "New hire rides 2026", codes: 50 },
  { id: "c3d9f2a8-7b45-4e19-a0d6-5f8e1b7c4903", name: "Customer day", codes: 30_000 },
  {
    id: "e71a60b4-93cd-4f28-b5e2-0d4c9a8f6e04",
    name: "Späti-Gutscheine für die Nachtschicht “Nordost” – Q4, Zürich & Łódź (only after 10 p.m.)",
    codes: 312,
  },
  { id: "1b82d7e5-a4f0-4c63-9e1b-7c3f5d20a805", name: "Board dinner", codes: 1 },
];

// The sandbox and no promise of one, which would die with the request that
// began it. Should two requests come first together, the first to finish wins.
let sandbox: Sandbox | undefined;

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    sandbox ??= keepFirst(await open(env));
    // workerd ends a request for which nothing is pending. The fault `hang` is
    // to look like a server that is silent, so something has to be.
    const alive = setInterval(() => {}, 1_000);
    try {
      return await sandbox.fetch(request);
    } finally {
      clearInterval(alive);
    }
  },
};

async function open(env: Env): Promise<Sandbox> {
  const opened = await createSandbox({
    organizationId: env.UBER_ORGANIZATION_ID,
    clientId: env.UBER_CLIENT_ID,
    clientSecret: env.UBER_CLIENT_SECRET,
    latencyMs: [120, 480],
    realTime: true,
    faults: env.SANDBOX_FAULTS ?? {},
  });
  for (const program of PROGRAMS) opened.createProgram(program);
  return opened;
}

function keepFirst(opened: Sandbox): Sandbox {
  return sandbox ?? opened;
}
