/**
 * The protocol of a job's WebSocket between the worker and its client. A page can't set its header
 * fields, so a bearer token is passed as a subprotocol: a URL would end up in logs and histories.
 */

/** The close code after which the client has to sign in again. */
export const SIGNED_OUT = 4401;
/** The client sends `PING`, and the platform answers with `PONG` without waking the object. */
export const PING = "ping";
export const PONG = "pong";
/** The subprotocol that the worker selects, so that its response does not repeat the token. */
const PROTOCOL = "uber-vouchers";
const BEARER = "bearer.";

/** The subprotocols that a client offers. */
export function protocolsOf(token: string | undefined): string[] {
  return token === undefined ? [PROTOCOL] : [PROTOCOL, BEARER + encode(token)];
}

/** The token among the offered subprotocols, if there is one. */
export function tokenIn(offered: string | null): string | undefined {
  const found = namesIn(offered).find((name) => name.startsWith(BEARER));
  return found === undefined ? undefined : decode(found.slice(BEARER.length));
}

/** The subprotocol to select, if it is offered. */
export function chosenOf(offered: string | null): string | undefined {
  return namesIn(offered).find((name) => name === PROTOCOL);
}

const namesIn = (offered: string | null) => (offered ?? "").split(/ *, */);

// Base64url, because a subprotocol may contain only the characters of an HTTP token.
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
