/**
 * The types of the sandbox's wasm. wasm-bindgen's own declarations say `any`: these follow
 * `src/wasm/sandbox.rs`.
 */
import type {
  CoreProgram,
  CoreReply,
  CoreWebhook,
  SandboxProgramSummary,
} from "../generated/sandbox.js";
import type { Glue } from "../wasm/instance.js";

/** A sandbox in the wasm. */
export interface SandboxCore {
  /** Returns the error text if it fails. */
  createProgram(given: object, now: number): CoreProgram | string;
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
