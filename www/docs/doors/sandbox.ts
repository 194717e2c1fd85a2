/**
 * A stateful simulation of Uber's voucher API, for tests and experiments.
 *
 * @module uber-vouchers/sandbox
 */
export * from "uber-vouchers/sandbox";
