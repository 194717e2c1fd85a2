/** What the platform provides to a worker's module before any request. */
declare module "cloudflare:workers" {
  export const env: Record<string, string | undefined>;
}
