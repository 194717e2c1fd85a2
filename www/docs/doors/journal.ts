/**
 * Places to keep a job.
 *
 * @module uber-vouchers/journal
 */
export * from "uber-vouchers/journal";
