//! The codes of a list in blocks, and the hash table that finds them.

use std::hint::black_box;
use std::ops::Range;

use crate::code::Code;

/// Codes in one block: 64 KiB.
const BLOCK: usize = 4_096;

/// Codes whose slots are prefetched together.
pub(super) const AT_ONCE: usize = 32;

/// The most codes in a list: indices in the table have 32 bits.
pub(super) const LARGEST: usize = 3 << 30;

/// Codes in blocks of [`BLOCK`]. Only the first block grows by copying, so that a short
/// list is small; the others have their full size from the start.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Blocks {
    pub(super) list: Vec<Vec<[u8; 16]>>,
    pub(super) length: usize,
}

impl Blocks {
    pub(super) fn get(&self, index: usize) -> Option<Code> {
        self.list.get(index / BLOCK)?.get(index % BLOCK).copied().map(Code::from_id)
    }

    #[allow(clippy::inline_always)] // A call costs as much as its body.
    #[inline(always)]
    pub(super) fn push(&mut self, code: Code) {
        self.length += 1;
        match self.list.last_mut() {
            Some(block) if block.len() < BLOCK => block.push(*code.as_bytes()),
            _ => self.push_block(code),
        }
    }

    pub(super) fn extend(&mut self, mut codes: &[[u8; 16]]) {
        while let Some((first, rest)) = codes.split_first() {
            self.push(Code::from_id(*first));
            let Some(block) = self.list.last_mut() else { break };
            let room = rest.len().min(BLOCK - block.len());
            let (taken, later) = rest.split_at_checked(room).unwrap_or_default();
            block.extend_from_slice(taken);
            self.length += taken.len();
            codes = later;
        }
    }

    /// The codes at these indices, in the slices in which they are stored.
    pub(super) fn slices(&self, indices: Range<usize>) -> impl Iterator<Item = &[[u8; 16]]> {
        let first = indices.start / BLOCK;
        self.list.iter().enumerate().skip(first).map_while(move |(at, block)| {
            let begin = at * BLOCK;
            let from = indices.start.saturating_sub(begin);
            let to = indices.end.checked_sub(begin)?.min(block.len());
            block.get(from..to).filter(|codes| !codes.is_empty())
        })
    }

    #[cold]
    #[inline(never)]
    fn push_block(&mut self, code: Code) {
        // A few times before the length doubles.
        let step = self.list.len().next_power_of_two() / 4;
        if step > 1 && self.list.len().is_multiple_of(step) {
            grow_wasm_memory(step * BLOCK);
        }
        let mut block = Vec::with_capacity(if self.list.is_empty() { 4 } else { BLOCK });
        block.push(*code.as_bytes());
        self.list.push(block);
    }
}

/// Grows wasm memory once for `codes` codes: allocates and frees one large block. Memory
/// that grows with each allocation costs the host a garbage collection each time.
pub(super) fn grow_wasm_memory(codes: usize) {
    if cfg!(target_arch = "wasm32") {
        let mut block = Vec::<[u8; 16]>::new();
        // If there is no memory for this block, there may still be some for smaller ones.
        let _ = block.try_reserve_exact(codes);
        black_box(block);
    }
}

/// An open-addressing table of indices of [`Blocks`], at most three quarters full.
///
/// A table of 2^k slots holds indices below 2^k, so each slot has 32 - k spare bits. They
/// hold a part of the hash: it rules out nearly every other code without reading the code
/// itself, which would be a cache miss.
#[derive(Default)]
pub(super) struct Index {
    /// 0 is empty; otherwise the tag, above the index + 1.
    pub(super) slots: Vec<u32>,
    used: usize,
}

impl Index {
    const FEWEST: usize = 8;

    /// A table with room for `codes` codes.
    pub(super) fn with_capacity(codes: usize) -> Self {
        Self { slots: vec![0; Self::slots_for(codes)], used: 0 }
    }

    /// How many codes are in the table.
    pub(super) const fn len(&self) -> usize {
        self.used
    }

    /// Number of slots needed for `codes` codes.
    pub(super) fn slots_for(codes: usize) -> usize {
        codes.saturating_mul(4).div_ceil(3).next_power_of_two().max(Self::FEWEST)
    }

    fn mask(&self) -> usize {
        self.slots.len().wrapping_sub(1)
    }

    /// The slot that a hash selects, and the tag that is stored with the index: the bits
    /// of the hash that did not select the slot.
    #[allow(clippy::inline_always)] // A call costs as much as its body.
    #[inline(always)]
    fn split(&self, hash: u32) -> (usize, u32) {
        let mask = self.mask();
        #[allow(clippy::cast_possible_truncation)]
        let index_bits = mask as u32;
        (hash as usize & mask, hash & !index_bits)
    }

    /// The hashes of some codes, at most [`AT_ONCE`].
    ///
    /// The table of a long list is larger than the processor's caches, so each code waits
    /// for its slot. Requesting all the slots before any of them is needed takes the time
    /// of one; in a loop of its own, because a processor looks only so many instructions
    /// ahead.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(super) fn hashes(
        &self,
        codes: impl Iterator<Item = Code>,
        key: &HashKey,
    ) -> [u32; AT_ONCE] {
        let mut hashes = [0; AT_ONCE];
        for (hashed, code) in hashes.iter_mut().zip(codes) {
            *hashed = key.hash(code);
        }
        let mut coming = 0;
        for hash in &hashes {
            let (at, _) = self.split(*hash);
            coming ^= self.slots.get(at).copied().unwrap_or_default();
        }
        black_box(coming);
        hashes
    }

    /// Looks for a code, starting at the slot that its hash selects.
    #[cfg_attr(hot_paths, optimize(speed), inline(never))]
    pub(super) fn find_slot(&self, hash: u32, code: Code, blocks: &Blocks) -> Slot {
        let mask = self.mask();
        #[allow(clippy::cast_possible_truncation)]
        let index_bits = mask as u32;
        let (mut at, tag) = self.split(hash);
        // Some slots are always free, so this ends; an empty table has no slot.
        while let Some(&slot) = self.slots.get(at)
            && slot != 0
        {
            let index = (slot & index_bits).wrapping_sub(1) as usize;
            if slot & !index_bits == tag && blocks.get(index) == Some(code) {
                return Slot::Occupied(index);
            }
            at = (at + 1) & mask;
        }
        Slot::Vacant(at)
    }

    /// Stores an index in a free slot.
    pub(super) fn set(&mut self, slot: usize, hash: u32, index: usize) {
        let (_, tag) = self.split(hash);
        #[allow(clippy::cast_possible_truncation)]
        let value = tag | (index + 1) as u32;
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = value;
            self.used += 1;
        }
    }

    /// Ensures that one more code fits.
    pub(super) fn reserve_one(&mut self, blocks: &Blocks, key: &HashKey) {
        if !self.has_capacity(self.used + 1) {
            self.grow(self.slots.len().saturating_mul(2).max(Self::FEWEST), blocks, key);
        }
    }

    /// Whether `codes` codes fit without growing.
    pub(super) fn has_capacity(&self, codes: usize) -> bool {
        codes <= self.slots.len() / 4 * 3
    }

    pub(super) fn grow(&mut self, slots: usize, blocks: &Blocks, key: &HashKey) {
        // Free the old table first, because every code is inserted again.
        *self = Self::default();
        self.slots = vec![0; slots];
        self.fill(blocks, key);
    }

    /// Adds the codes that are not in the table yet.
    #[cfg_attr(hot_paths, optimize(speed), inline(never))]
    pub(super) fn fill(&mut self, blocks: &Blocks, key: &HashKey) {
        let mask = self.mask();
        let mut index = self.used;
        for codes in blocks.slices(index..blocks.length) {
            for some in codes.chunks(AT_ONCE) {
                let hashes = self.hashes(some.iter().copied().map(Code::from_id), key);
                for hash in hashes.into_iter().take(some.len()) {
                    // The codes are distinct, so any free slot from here on is right.
                    let (mut at, _) = self.split(hash);
                    while self.slots.get(at).is_some_and(|slot| *slot != 0) {
                        at = (at + 1) & mask;
                    }
                    self.set(at, hash, index);
                    index += 1;
                }
            }
        }
    }
}

/// Where a code is in a table.
pub(super) enum Slot {
    /// The code is at this index of the list.
    Occupied(usize),
    /// The code is not in the table; this slot is free for it.
    Vacant(usize),
}

/// The key of a table's hash: the NH of UMAC (RFC 4418), and a multiplication that
/// spreads its sum over the slots.
///
/// Without the key, any two codes have the same sum with a probability of 2^-32.
/// `SipHash` would guarantee more, and take a quarter of the time of a whole row of a
/// file.
#[derive(Clone, Copy)]
pub(super) struct HashKey {
    pub(super) summands: [u64; 2],
    factor: u64,
}

impl HashKey {
    pub(super) fn new(mut seed: u64) -> Self {
        // SplitMix64: three random numbers from one.
        let [first, second, factor] = [(); 3].map(|()| {
            seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let number = (seed ^ seed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            number ^ number >> 31
        });
        Self { summands: [first, second], factor: factor | 1 }
    }

    #[allow(clippy::inline_always)] // A call costs as much as its body.
    #[inline(always)]
    pub(super) fn hash(&self, code: Code) -> u32 {
        let id = u128::from_le_bytes(*code.as_bytes());
        #[allow(clippy::cast_possible_truncation)]
        let (first, second) = (id as u64, (id >> 64) as u64);
        let [one, other] = self.summands;
        let sum = product(first, one).wrapping_add(product(second, other));
        // Without the shift, codes at regular distances would fill slots at regular
        // distances.
        ((sum ^ sum >> 32).wrapping_mul(self.factor) >> 32) as u32
    }
}

/// Adds the halves of the two numbers, and multiplies the two sums.
#[allow(clippy::inline_always, clippy::cast_possible_truncation)]
#[inline(always)]
fn product(number: u64, summand: u64) -> u64 {
    let low = (number as u32).wrapping_add(summand as u32);
    let high = ((number >> 32) as u32).wrapping_add((summand >> 32) as u32);
    u64::from(low) * u64::from(high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::builder::CodeListBuilder;

    fn code(number: u128) -> Code {
        Code::from_bytes(number.to_be_bytes()).unwrap()
    }

    /// The longest run of full slots in a table of 4,096 that is 73 % full. Runs of
    /// random positions are far shorter than [`CROWDED`].
    fn longest_run(seed: u64, codes: impl Fn(u128) -> Code) -> usize {
        let mut builder = CodeListBuilder::new(seed);
        (1..=3_000).for_each(|number| assert!(builder.insert(codes(number)), "{number}"));
        let Index { slots, .. } = &builder.table;
        assert_eq!(slots.len(), 4_096);
        slots.split(|slot| *slot == 0).map(<[u32]>::len).max().unwrap()
    }

    const CROWDED: usize = 400;

    #[test]
    fn ids_that_differ_little_do_not_crowd() {
        // Sequential in the last bytes, in the first, and in both halves at once.
        for spread in [1, 1 << 96, (1 << 64) + 1, 1 << 60, (1 << 127) + (1 << 32)] {
            for seed in 0..20 {
                let longest =
                    longest_run(seed, |number| code(number.wrapping_mul(spread) | 1 << 80));
                assert!(longest < CROWDED, "{spread:x}, seed {seed}: {longest}");
            }
        }
    }

    /// Codes that a hash without a key puts into one slot.
    #[test]
    #[allow(clippy::cast_possible_truncation)]
    fn codes_chosen_to_collide_under_one_key_do_not_under_another() {
        let factor = 0x9e37_79b9_7f4a_7c15_u64;
        let for_no_key = |number: u128| {
            let low = number as u64;
            let high = low.wrapping_mul(factor).rotate_left(32) ^ 7;
            Code::from_id((u128::from(high) << 64 | u128::from(low)).to_le_bytes())
        };
        // Both products of NH are 0, whatever the other words are.
        let [a, c] = HashKey::new(0).summands.map(|summand| summand as u32);
        let for_seed_0 = |number: u128| {
            let words = [a.wrapping_neg(), number as u32, c.wrapping_neg(), 1];
            Code::from_id(words.map(u32::to_le_bytes).as_flattened().try_into().unwrap())
        };
        assert_eq!(longest_run(0, for_seed_0), 3_000);
        for seed in 1..20 {
            let longest = longest_run(seed, for_no_key).max(longest_run(seed, for_seed_0));
            assert!(longest < CROWDED, "seed {seed}: {longest}");
        }
    }
}
