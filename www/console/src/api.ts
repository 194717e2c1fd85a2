/** The worker behind this page: the client, and what the page knows of the other side. */
import {
  type Client,
  type RunOptions,
  type VoucherCode,
  type VoucherProgram,
  VoucherError,
  createClient,
} from "uber-vouchers";

import { connectionFailed, connectionWorks } from "./connection.js";
import { createStore } from "./store.js";

export interface Config {
  organizationId: string;
  environment: "sandbox" | "uber";
  /** Uber's host; none with the sandbox behind. */
  host: string | null;
}

export interface Summary {
  codes: number;
  canceled: number;
}

/** A value that is fetched, with when it was last true. */
export interface Loaded<T> {
  value: T | null;
  /** Epoch milliseconds. */
  at: number | null;
  error: unknown;
  busy: boolean;
}

const nothing = { value: null, at: null, error: null, busy: false };

export const config = createStore<Loaded<Config>>(nothing);
export const programs = createStore<Loaded<VoucherProgram[]>>(nothing);
export const summaries = createStore<ReadonlyMap<string, Loaded<Summary>>>(new Map());

/**
 * The worker asks for a token, sends, and does both again after a 401, with 30
 * seconds for each. It has to answer before the page gives up: a page that
 * gives up first can't know what became of the codes.
 */
export const JOB_OPTIONS: RunOptions = { timeoutMs: 150_000 };

const PAGE = 100;
const MOST_PAGES = 20;
const AT_ONCE = 2;

let made: Client | undefined;

/** The client of the organization that the worker named. */
export async function client(): Promise<Client> {
  const { value } = config.get();
  const { organizationId } = value ?? (await loadConfig());
  made ??= createClient({ organizationId, auth: "none", baseUrl: "/" });
  return made;
}

let loadingConfig: Promise<Config> | undefined;

function loadConfig(): Promise<Config> {
  loadingConfig ??= getJson<Config>("/api/config")
    .then((value) => {
      config.set({ value, at: Date.now(), error: null, busy: false });
      return value;
    })
    .catch((error) => {
      config.set({ ...config.get(), error });
      throw error;
    })
    .finally(() => {
      loadingConfig = undefined;
    });
  return loadingConfig;
}

/** Reads the programs, all pages of them; what was known stays until then. */
export async function loadPrograms(): Promise<void> {
  if (programs.get().busy) return;
  programs.set({ ...programs.get(), busy: true });
  try {
    const caller = await client();
    const found: VoucherProgram[] = [];
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const more = await caller.searchPrograms({ limit: PAGE, offset: page * PAGE });
      found.push(...more);
      if (more.length < PAGE) break;
    }
    connectionWorks();
    programs.set({ value: found, at: Date.now(), error: null, busy: false });
  } catch (error) {
    noteLost(error);
    programs.set({ ...programs.get(), error, busy: false });
  }
}

const waiting: string[] = [];
let counting = 0;

/** Asks how many codes these programs have, a few at a time, each once. */
export function loadSummaries(ids: readonly string[]): void {
  const known = new Map(summaries.get());
  for (const id of ids) {
    if (known.has(id)) continue;
    known.set(id, { ...nothing, busy: true });
    waiting.push(id);
  }
  summaries.set(known);
  while (counting < AT_ONCE && waiting.length > 0) void countNext();
}

async function countNext(): Promise<void> {
  const id = waiting.shift();
  if (id === undefined) return;
  counting += 1;
  let loaded: Loaded<Summary>;
  try {
    const value = await getJson<Summary>(`/api/programs/${encodeURIComponent(id)}/summary`);
    loaded = { value, at: Date.now(), error: null, busy: false };
  } catch (error) {
    loaded = { ...nothing, error };
  }
  counting -= 1;
  summaries.set(new Map(summaries.get()).set(id, loaded));
  void countNext();
}

/** Lets the figures that could not be read be asked for again. */
export function forgetFailures(): void {
  const known = [...summaries.get()].filter(([, { error }]) => error === null);
  summaries.set(new Map(known));
}

/** The sandbox's codes of a program, to try the console with. */
export async function listCodes(programId: string): Promise<VoucherCode[]> {
  return (await client()).listCodes(programId);
}

export const sampleUrl = (programId: string, mistakes: boolean): string =>
  `/api/sandbox/programs/${encodeURIComponent(programId)}/codes.csv${mistakes ? "?mistakes" : ""}`;

async function getJson<T>(path: string): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, { headers: { Accept: "application/json" } });
  } catch (error) {
    connectionFailed();
    throw error;
  }
  if (!answer.ok) throw new Error(`The worker answered ${answer.status}`);
  return (await answer.json()) as T;
}

/** Takes note where an error says that the worker can't be reached. */
export function noteLost(error: unknown): void {
  if (error instanceof VoucherError && error.code === "connection_failed") connectionFailed();
}
