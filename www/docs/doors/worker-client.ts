/**
 * The API of the ready-made worker, for pages and other operators' programs.
 *
 * @module uber-vouchers/worker-client
 */
export * from "uber-vouchers/worker-client";
