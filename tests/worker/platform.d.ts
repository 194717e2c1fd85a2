/** The parts of the platform that the tests' worker uses. */
declare module "cloudflare:workers" {
  export const env: unknown;
}
