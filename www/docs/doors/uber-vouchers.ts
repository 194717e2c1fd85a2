/**
 * The client, lists of codes, jobs, webhooks and errors.
 *
 * @module uber-vouchers
 */
export * from "uber-vouchers";
