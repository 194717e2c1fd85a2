/** What the worker of the tests uses of the platform. */
declare module "cloudflare:workers" {
  export const env: unknown;
}
