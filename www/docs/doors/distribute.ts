/**
 * The client's calls, lists of codes and errors in a smaller module, without jobs and webhooks.
 *
 * @module uber-vouchers/distribute
 */
export * from "uber-vouchers/distribute";
