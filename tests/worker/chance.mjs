/** Random numbers from a seed: Mulberry32. @param {number} seed */
export function chanceOf(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (/** @type {number} */ most) => Math.floor(next() * most);
  return {
    below,
    happens: (/** @type {number} */ share) => next() < share,
    /** @template T @param {readonly T[]} values @returns {T} */
    of: (values) => /** @type {T} */ (values[below(values.length)]),
  };
}
