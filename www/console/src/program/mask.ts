/** A recipient, so that it can be told apart, and not read off by whoever looks over a shoulder. */
import type { Recipient } from "../server/guests.js";

/** The worker masks too; what is masked stays as it is. */
export function masked({ name, email, phone }: Recipient): Recipient {
  return {
    name: name && `${first(name)}…`,
    email: email && maskedAddress(email),
    phone: phone && maskedNumber(phone),
  };
}

const first = (text: string): string => [...text.trim()][0] ?? "";

function maskedAddress(email: string): string {
  const at = email.lastIndexOf("@");
  return at < 1 ? "…" : `${first(email)}…${email.slice(at)}`;
}

function maskedNumber(phone: string): string {
  const text = phone.trim();
  if (text.includes("…")) return text;
  return text.length < 6 ? "…" : `${text.slice(0, 3)}…${text.slice(-2)}`;
}

/** In one line. */
export const inOneLine = ({ name, email, phone }: Recipient): string =>
  [name, email, phone].filter(Boolean).join(" · ");
