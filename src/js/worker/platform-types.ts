/** The parts of Cloudflare's platform that the worker uses. */
import type { DurableStorage } from "../journal/durable-object.js";

/** A value in a query or a row. */
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

/** A WebSocket that stays open while its object is out of memory. */
export interface LiveSocket {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  serializeAttachment(value: unknown): void;
  deserializeAttachment(): unknown;
}

/** The state that an object's constructor gets. */
export interface ObjectState {
  readonly storage: ObjectStorage;
  waitUntil(work: Promise<unknown>): void;
  blockConcurrencyWhile<T>(work: () => Promise<T>): Promise<T>;
  acceptWebSocket(socket: LiveSocket, tags: string[]): void;
  getWebSockets(tag?: string): LiveSocket[];
  setWebSocketAutoResponse(pair: unknown): void;
}

/** A service binding. */
export interface Service {
  /** Sends a request to it. */
  fetch(input: any, init?: any): Promise<any>;
}

/** A service binding, or the host itself, with the types that the worker uses. */
export interface HttpService {
  fetch(input: Request | string, init?: RequestInit): Promise<Response>;
}

/** The objects of one class. */
export interface ObjectNamespace {
  /** The id of the object with this name. */
  idFromName(name: string): any;
  /** A stub that calls the object. */
  get(id: any): any;
}

/** The platform's context of a request. */
export interface RequestContext {
  /** Keeps work running after the response. */
  waitUntil(work: Promise<unknown>): void;
}
