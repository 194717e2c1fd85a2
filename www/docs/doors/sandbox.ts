/**
 * A stateful simulation of Uber's voucher API, for tests and for trying things out.
 *
 * @module uber-vouchers/sandbox
 */
export * from "uber-vouchers/sandbox";
