/** The shapes of what Cloudflare's platform hands over, as far as they are used. */
import type { DurableStorage } from "../journal/durable-object.js";

/** What a query takes and gives. */
export type SqlValue = ArrayBuffer | string | number | null;

/** The SQLite database of an object. */
export interface Sql {
  exec<T = Record<string, SqlValue>>(query: string, ...bindings: SqlValue[]): Iterable<T>;
  readonly databaseSize: number;
}

/** The storage of an object. */
export interface ObjectStorage extends DurableStorage {
  readonly sql: Sql;
  transactionSync<T>(work: () => T): T;
  getAlarm(): Promise<number | null>;
  setAlarm(at: number): Promise<void>;
}

/** A WebSocket that outlives the object in memory. */
export interface LiveSocket {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  serializeAttachment(value: unknown): void;
  deserializeAttachment(): unknown;
}

/** What an object gets. */
export interface ObjectState {
  readonly storage: ObjectStorage;
  waitUntil(work: Promise<unknown>): void;
  blockConcurrencyWhile<T>(work: () => Promise<T>): Promise<T>;
  acceptWebSocket(socket: LiveSocket, tags: string[]): void;
  getWebSockets(tag?: string): LiveSocket[];
  setWebSocketAutoResponse(pair: unknown): void;
}

/** What is called of a service binding. */
export interface Service {
  /** Sends a request to it. */
  fetch(input: any, init?: any): Promise<any>;
}

/** A service as the worker calls it; and the host itself. */
export interface HttpService {
  fetch(input: Request | string, init?: RequestInit): Promise<Response>;
}

/** The objects of one class. */
export interface ObjectNamespace {
  /** The id of the object of that name. */
  idFromName(name: string): any;
  /** What calls the object. */
  get(id: any): any;
}

/** What is used of the platform's context of a request. */
export interface RequestContext {
  /** Lets work go on after the answer. */
  waitUntil(work: Promise<unknown>): void;
}
