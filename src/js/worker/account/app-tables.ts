/** The tables of the app's objects. */
import { EVENT_TABLES } from "../events/event-store.js";
import { KEY_TABLES, KEY_TIMES } from "../keys.js";
import type { Schema } from "../tables.js";
import { AUDIT_TABLES } from "./audit.js";
import { ERRAND_TABLES } from "./errands.js";
import { GROUP_TABLES } from "./groups.js";
import { JOB_INDEX_TABLES } from "./job-index.js";
import { SESSION_TABLES } from "./sessions.js";

/** See `PROGRAM_TABLES`. */
export const APP_TABLES: Schema = {
  create: `
    ${JOB_INDEX_TABLES}
    CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL);
    ${SESSION_TABLES} ${KEY_TABLES} ${KEY_TIMES} ${GROUP_TABLES} ${ERRAND_TABLES} ${EVENT_TABLES}
    ${AUDIT_TABLES}`,
  upgrades: [
    // The value also says since when the gate is closed.
    `${SESSION_TABLES} ${KEY_TABLES} ${ERRAND_TABLES}
    UPDATE state SET value = '{"until":' || value || ',"at":0}' WHERE key = 'closed'`,
    EVENT_TABLES,
    AUDIT_TABLES,
    KEY_TIMES,
  ],
};
