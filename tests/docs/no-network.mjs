/** Loaded before a sample: it may use only a sandbox, on this machine. */
const { fetch } = globalThis;
globalThis.fetch = async (
  /** @type {string | URL | Request} */ input,
  /** @type {RequestInit | undefined} */ init,
) => {
  const url = new URL(input instanceof Request ? input.url : input);
  if (url.hostname === "127.0.0.1") return fetch(input, init);
  throw new Error(`There is no way out to ${url.href}`);
};
