/** Ids of Uber's, which may be written in several ways. */

/**
 * One form of an id, however it is written: to Uber, a UUID in upper case names
 * the same program. The core knows it too (`id::is_same`).
 */
export function canonicalId(id: string): string {
  const digits = id.replace(/^urn:uuid:/i, "").replace(/[{}-]/g, "");
  if (!/^[0-9a-f]{32}$/i.test(digits)) return id;
  return digits.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
