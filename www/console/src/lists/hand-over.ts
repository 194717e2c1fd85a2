/** A list on its way from one screen to another: what was selected, or dropped where it can't be read. */

export interface HandedOver {
  input: Blob;
  source: string;
}

const held = new Map<string, HandedOver>();

/** `to` is a program's id, or `several`. */
export function handOver(to: string, list: HandedOver): void {
  held.set(to, list);
}

/** Takes it: the next one who asks gets nothing. */
export function takeOver(to: string): HandedOver | undefined {
  const found = held.get(to);
  held.delete(to);
  return found;
}
