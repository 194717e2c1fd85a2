/**
 * The parts of the platform that the sandbox's object uses; the platform's own types are not a
 * dependency.
 */
declare module "cloudflare:workers" {
  import type { DurableStorage } from "uber-vouchers/journal";

  export interface ObjectStorage extends DurableStorage {
    get<T>(key: string): Promise<T | undefined>;
    put(entries: Record<string, Uint8Array>, options?: { noCache?: boolean }): Promise<void>;
    put(key: string, value: unknown): Promise<void>;
    getAlarm(): Promise<number | null>;
    setAlarm(at: number): Promise<void>;
  }

  export interface ObjectContext {
    readonly storage: ObjectStorage;
    blockConcurrencyWhile<T>(work: () => Promise<T>): Promise<T>;
  }

  export abstract class DurableObject<Env> {
    protected readonly ctx: ObjectContext;
    protected readonly env: Env;
    constructor(ctx: ObjectContext, env: Env);
  }
}
