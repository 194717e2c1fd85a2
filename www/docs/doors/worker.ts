/**
 * A ready-made edge worker, for Cloudflare's workerd.
 *
 * @module uber-vouchers/worker
 */
export * from "uber-vouchers/worker";
