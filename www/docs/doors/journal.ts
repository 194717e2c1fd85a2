/**
 * Where a job is kept.
 *
 * @module uber-vouchers/journal
 */
export * from "uber-vouchers/journal";
