/**
 * How a bearer token comes along with a WebSocket, whose header fields a page can't set:
 * as a subprotocol. A URL would be written into logs and histories.
 */

/** What the worker chooses, so that its answer does not repeat the token. */
export const PROTOCOL = "uber-vouchers";
const BEARER = "bearer.";

/** The subprotocols that a client offers. */
export function protocolsOf(token: string | undefined): string[] {
  return token === undefined ? [PROTOCOL] : [PROTOCOL, BEARER + encode(token)];
}

/** The token among the subprotocols that are offered, if there is one. */
export function tokenIn(offered: string | null): string | undefined {
  const found = namesIn(offered).find((name) => name.startsWith(BEARER));
  return found === undefined ? undefined : decode(found.slice(BEARER.length));
}

/** What is to be chosen, if it is offered. */
export function chosenOf(offered: string | null): string | undefined {
  return namesIn(offered).find((name) => name === PROTOCOL);
}

const namesIn = (offered: string | null) => (offered ?? "").split(/ *, */);

// Base64url, as a subprotocol holds no other characters than those of a header's token.
function encode(text: string): string {
  const base64 = btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decode(text: string): string | undefined {
  try {
    const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
  } catch {
    return undefined;
  }
}
