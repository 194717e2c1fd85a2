/**
 * What goes into the sandbox's wasm and comes out of it. wasm-bindgen's own declarations say
 * `any`: here is what `src/wasm/sandbox.rs` makes of it.
 */
import type { Glue } from "../wasm/instance.js";
import type { SandboxProgramSummary } from "./types.js";

export interface CoreWebhook {
  id: number;
  dueAt: number;
  attempt: number;
  headers: [name: string, value: string][];
  body: Uint8Array<ArrayBuffer>;
}

/** An answer, or how there is none. */
export interface CoreReply {
  lost?: true;
  hang?: true;
  status: number;
  headers: [name: string, value: string][];
  body: Uint8Array<ArrayBuffer>;
}

/** A sandbox in the wasm. */
export interface SandboxCore {
  /** Gives what is wrong with it instead, as text. The codes are a line each. */
  createProgram(given: object, now: number): { programId: string; codes: string } | string;
  deliveredWebhooks(): number;
  deliveries(programId: string): string | undefined;
  dueWebhooks(now: number): CoreWebhook[];
  handle(
    method: string,
    target: string,
    headers: unknown,
    body: Uint8Array,
    now: number,
    wait: (ms: number) => Promise<void>,
  ): Promise<CoreReply>;
  nextWebhookAt(): number | undefined;
  programs(): SandboxProgramSummary[];
  repeat(input: object, body: Uint8Array): string | undefined;
  takeDueWebhook(now: number): CoreWebhook | undefined;
  usedCodes(now: number): number;
  uses(programId: string, now: number): string | undefined;
  waitingWebhooks(): number;
  webhookAnswered(id: number, isAcknowledged: boolean, now: number): void;
  free(): void;
}

/** What wasm-bindgen generated for the sandbox. */
export interface SandboxBinding extends Glue {
  Sandbox: new (given: object) => SandboxCore;
}
