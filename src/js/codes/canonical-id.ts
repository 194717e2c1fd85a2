/** Uber's ids, which can be written in several ways. */

/**
 * The canonical form of an id, however it is written: Uber treats a UUID in upper case
 * as the same program. The core has the same rule (`id::is_same`).
 */
export function canonicalId(id: string): string {
  const digits = id.replace(/^urn:uuid:/i, "").replace(/[{}-]/g, "");
  if (!/^[0-9a-f]{32}$/i.test(digits)) return id;
  return digits.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
