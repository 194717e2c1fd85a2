/** Finds codes among many others by their sixteen bytes each. */

const ID = 16;

/* eslint-disable @typescript-eslint/no-non-null-assertion -- Typed arrays, at indexes within them. */

export class CodeIndex {
  readonly #words: DataView;
  /** An index in the list, plus one; 0 for a free slot. At most half of the slots are used. */
  readonly #slots: Uint32Array;

  constructor(ids: Uint8Array) {
    this.#words = viewOf(ids);
    const count = ids.length / ID;
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(count * 2 + 2)));
    for (let index = 0; index < count; index += 1) {
      let slot = this.#slotOf(this.#words, index * ID);
      while (this.#slots[slot] !== 0) slot = (slot + 1) & (this.#slots.length - 1);
      this.#slots[slot] = index + 1;
    }
  }

  /** For each of these codes, its index in the list; -1 if it is not in the list. */
  *indicesOf(ids: Uint8Array): Generator<number> {
    const words = viewOf(ids);
    for (let at = 0; at < ids.length; at += ID) yield this.#find(words, at);
  }

  #find(words: DataView, at: number): number {
    for (let slot = this.#slotOf(words, at); ; slot = (slot + 1) & (this.#slots.length - 1)) {
      const index = this.#slots[slot]! - 1;
      if (index === -1 || this.#isSame(words, at, index * ID)) return index;
    }
  }

  #isSame(words: DataView, at: number, own: number): boolean {
    for (let word = 0; word < ID; word += 4) {
      if (words.getUint32(at + word) !== this.#words.getUint32(own + word)) return false;
    }
    return true;
  }

  #slotOf(words: DataView, at: number): number {
    let hash = 0;
    for (let word = 0; word < ID; word += 4) {
      hash = Math.imul(hash ^ words.getUint32(at + word), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return (hash >>> 0) & (this.#slots.length - 1);
  }
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  new DataView(buffer, byteOffset, byteLength);
