/**
 * The ready worker's API, for pages and for whoever else operates it.
 *
 * @module uber-vouchers/worker-client
 */
export * from "uber-vouchers/worker-client";
