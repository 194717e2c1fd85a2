/** The public types of the worker, by subject. */
export type * from "./types/audit.js";
export type * from "./types/config.js";
export type * from "./types/dry-run.js";
export type * from "./types/environment.js";
export type * from "./types/events.js";
export type * from "./types/job-detail.js";
export type * from "./types/jobs.js";
export type * from "./types/options.js";
export type * from "./types/programs.js";
