//! Builds a list of codes, and counts duplicates.

use std::fmt;

use crate::code::Code;
use crate::code::index::{HashKey, Index, LARGEST, Slot, grow_wasm_memory};
use crate::code::list::CodeList;
use crate::code::rejected::RejectedEntry;

/// Builds a [`CodeList`]. The default has the seed 0, for codes that no attacker has
/// chosen.
pub struct CodeListBuilder {
    list: CodeList,
    pub(super) table: Index,
    key: HashKey,
    largest: usize,
}

impl CodeListBuilder {
    const MAX_RESERVED: usize = 1 << 24;

    /// Creates an empty list. `seed` is a random number: anyone who knows it can choose
    /// codes that take long to read. The result does not depend on it.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            list: CodeList::default(),
            table: Index::default(),
            key: HashKey::new(seed),
            largest: LARGEST,
        }
    }

    /// Sets the seed, if it was not known at [`Self::new`].
    pub fn set_seed(&mut self, seed: u64) {
        self.key = HashKey::new(seed);
        // Rebuilt at the next search.
        self.table = Index::default();
    }

    /// Adds a code. Returns false for a duplicate, which is counted.
    ///
    /// A list is limited to 3 · 2^30 codes (48 GiB). Further codes are counted as
    /// rejected, without a line: nothing is dropped silently, and a list with rejected
    /// entries is not sent.
    pub fn insert(&mut self, code: Code) -> bool {
        self.ensure_indexed();
        self.insert_hashed(code, self.key.hash(code))
    }

    /// Appends codes that the caller knows to be distinct; they are not checked. Sixteen
    /// zeros are not a code, and are left out.
    pub(crate) fn extend_distinct(&mut self, codes: &[[u8; 16]]) {
        let CodeList { blocks, rejections, .. } = &mut self.list;
        for codes in codes.split(|code| *code == [0; 16]) {
            let room = self.largest.saturating_sub(blocks.length).min(codes.len());
            let (taken, beyond) = codes.split_at_checked(room).unwrap_or((codes, &[]));
            blocks.extend(taken);
            rejections.count += beyond.len() as u64;
        }
    }

    /// Adds some codes, at most `AT_ONCE` at a time.
    #[cfg_attr(hot_paths, optimize(speed), inline(never))]
    pub(super) fn insert_all(&mut self, codes: &[Code]) {
        self.ensure_indexed();
        let hashes = self.table.hashes(codes.iter().copied(), &self.key);
        for (hash, code) in hashes.iter().zip(codes) {
            self.insert_hashed(*code, *hash);
        }
    }

    #[allow(clippy::inline_always)] // A call costs as much as its body.
    #[inline(always)]
    fn insert_hashed(&mut self, code: Code, hash: u32) -> bool {
        let CodeList { blocks, duplicates, rejections } = &mut self.list;
        self.table.reserve_one(blocks, &self.key);
        match self.table.find_slot(hash, code, blocks) {
            Slot::Occupied(_) => {
                *duplicates += 1;
                false
            }
            _ if blocks.length >= self.largest => {
                rejections.count += 1;
                false
            }
            Slot::Vacant(slot) => {
                self.table.set(slot, hash, blocks.length);
                blocks.push(code);
                true
            }
        }
    }

    /// Reserves memory for this many codes at once: a growing table leaves holes in
    /// memory, and inserts every code again. Limited to 16 million codes, because the
    /// expected number may be wrong.
    pub fn reserve(&mut self, codes: usize) {
        let Self { table, list, key, .. } = self;
        let codes = codes.min(Self::MAX_RESERVED);
        if !table.has_capacity(codes) {
            table.grow(Index::slots_for(codes), &list.blocks, key);
            grow_wasm_memory(codes.saturating_sub(list.len()));
        }
    }

    /// Reserves memory for this many distinct codes, and for the table: later there may
    /// be no gap of its size between the blocks.
    pub(crate) fn reserve_distinct(&mut self, codes: usize) {
        let codes = codes.min(Self::MAX_RESERVED);
        if self.list.is_empty() && !self.table.has_capacity(codes) {
            self.table = Index::with_capacity(codes);
            grow_wasm_memory(codes);
        }
    }

    /// Adds the codes that are missing in the table.
    #[inline]
    fn ensure_indexed(&mut self) {
        if self.table.len() != self.list.len() {
            self.index_new_codes();
        }
    }

    #[cold]
    #[inline(never)]
    fn index_new_codes(&mut self) {
        let Self { table, list, key, .. } = self;
        if table.has_capacity(list.len()) {
            table.fill(&list.blocks, key);
        } else {
            table.grow(Index::slots_for(list.len()), &list.blocks, key);
        }
    }

    /// The index of a code, from 0.
    #[must_use]
    pub fn find(&mut self, code: Code) -> Option<usize> {
        self.ensure_indexed();
        match self.table.find_slot(self.key.hash(code), code, &self.list.blocks) {
            Slot::Occupied(index) => Some(index),
            Slot::Vacant(_) => None,
        }
    }

    /// Records a rejected entry.
    pub fn reject(&mut self, rejected: RejectedEntry) {
        self.list.rejections.add(rejected);
    }

    /// Counts rejected entries without storing them.
    pub(crate) fn reject_more(&mut self, count: u64) {
        self.list.rejections.count += count;
    }

    /// The list so far.
    #[must_use]
    pub const fn so_far(&self) -> &CodeList {
        &self.list
    }

    /// The list.
    #[must_use]
    pub fn finish(self) -> CodeList {
        self.list
    }
}

impl Default for CodeListBuilder {
    fn default() -> Self {
        Self::new(0)
    }
}

// Prints no codes.
impl fmt::Debug for CodeListBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.list.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::list::KEPT_REJECTED;
    use crate::code::rejected::RejectReason;

    fn code(number: u128) -> Code {
        Code::from_bytes(number.to_be_bytes()).unwrap()
    }

    #[test]
    fn distinct_and_in_order_across_blocks() {
        let mut builder = CodeListBuilder::default();
        for round in 0..3 {
            for number in 1..=20_000 {
                assert_eq!(builder.insert(code(number)), round == 0);
            }
        }
        let list = builder.finish();
        assert_eq!((list.len(), list.duplicates()), (20_000, 40_000));
        assert!(list.iter().eq((1..=20_000).map(code)));
        assert_eq!(list.iter().len(), 20_000);
        assert_eq!(list.iter().nth(4_096), Some(code(4_097)));
        assert_eq!(list.get(20_000), None);
        assert!(!list.is_empty() && CodeListBuilder::default().finish().is_empty());
        assert_eq!(format!("{list:?}"), "CodeList(20000 codes, 40000 duplicates, 0 rejected)");
    }

    #[test]
    fn bytes_round_trip() {
        let mut builder = CodeListBuilder::default();
        (1..=5_000).rev().for_each(|number| _ = builder.insert(code(number)));
        let list = builder.finish();
        let bytes = list.to_bytes();
        assert_eq!(bytes.len(), 80_000);
        assert_eq!(CodeList::from_bytes(&bytes, 0), Some(list));
        assert_eq!(CodeList::from_bytes(&[], 0), Some(CodeList::default()));
        assert_eq!(CodeList::from_bytes(&bytes[1..], 0), None);
        assert_eq!(CodeList::from_bytes(&[0; 16], 0), None);
        assert_eq!(CodeList::from_bytes(&[7; 32], 0).unwrap().duplicates(), 1);
        let collected: CodeList = [3, 1, 3].map(code).into_iter().collect();
        assert_eq!((collected.len(), collected.duplicates()), (2, 1));
    }

    #[test]
    fn codes_added_without_a_check_are_found() {
        let codes: Vec<_> = (1..=9_000).map(|number| *code(number).as_bytes()).collect();
        for step in [1, 7, 4_095, 4_096, 4_097, 9_000] {
            let mut builder = CodeListBuilder::default();
            builder.reserve_distinct(9_000);
            codes.chunks(step).for_each(|codes| builder.extend_distinct(codes));
            builder.extend_distinct(&[]);
            let room = builder.room();
            assert!(builder.so_far().iter().eq((1..=9_000).map(code)), "{step}");
            assert_eq!(builder.find(code(9_001)), None);
            assert_eq!(builder.find(code(4_097)), Some(4_096));
            assert_eq!(builder.room(), room, "made at once");
            assert!(!builder.insert(code(5)) && builder.insert(code(9_001)));
            builder.extend_distinct(&[*code(9_002).as_bytes(), [0; 16], *code(9_003).as_bytes()]);
            assert_eq!(builder.insert_bytes(&[*code(9_003).as_bytes()]), Some(()));
            assert_eq!(builder.find(code(9_003)), Some(9_002));
            let list = builder.finish();
            assert_eq!((list.len(), list.duplicates(), list.rejected_count()), (9_003, 2, 0));
        }
        let mut builder = CodeListBuilder { largest: 2, ..Default::default() };
        builder.extend_distinct(&codes);
        assert_eq!((builder.so_far().len(), builder.so_far().rejected_count()), (2, 8_998));
    }

    #[test]
    fn slices_are_the_codes_of_their_indices() {
        let mut builder = CodeListBuilder::default();
        (1..=9_000).for_each(|number| _ = builder.insert(code(number)));
        let list = builder.finish();
        for indices in [0..0, 0..1, 0..9_000, 4_095..4_097, 4_096..8_192, 5..5, 8_999..9_000] {
            let found: Vec<_> = list.slices(indices.clone()).flatten().copied().collect();
            let expected: Vec<_> = indices.clone().filter_map(|index| list.get(index)).collect();
            assert_eq!(found, expected.iter().map(|code| *code.as_bytes()).collect::<Vec<_>>());
        }
        assert_eq!(list.slices(9_000..9_500).count() + list.slices(100_000..100_001).count(), 0);
        assert_eq!(list.slices(8_990..20_000).flatten().count(), 10);
    }

    #[test]
    fn each_code_is_found_at_its_index() {
        let mut builder = CodeListBuilder::default();
        assert_eq!(builder.find(code(1)), None);
        (1..=9_000).for_each(|number| _ = builder.insert(code(number)));
        for index in 0..9_000 {
            assert_eq!(builder.find(code(index as u128 + 1)), Some(index));
        }
        assert_eq!(builder.find(code(9_001)), None);
        assert_eq!(format!("{builder:?}"), "CodeList(9000 codes, 0 duplicates, 0 rejected)");
    }

    impl CodeListBuilder {
        /// How many codes fit before the table grows.
        pub(crate) fn room(&self) -> usize {
            self.table.slots.len() / 4 * 3
        }
    }

    #[test]
    fn memory_is_reserved_once() {
        // At three quarters, and above.
        for codes in [6, 7, 12, 13, 5_000, 6_144] {
            let mut builder = CodeListBuilder::default();
            (1..=5).for_each(|number| _ = builder.insert(code(number)));
            builder.reserve(codes);
            let room = builder.room();
            assert!((codes..codes * 2 + 6).contains(&room), "{codes}: {room}");
            (1..=codes as u128).for_each(|number| _ = builder.insert(code(number)));
            assert_eq!((builder.so_far().len(), builder.so_far().duplicates()), (codes, 5));
            assert_eq!(builder.room(), room, "{codes}");
            builder.reserve(1);
            assert_eq!(builder.room(), room, "what is there stays");
        }
        // The estimate may be wrong.
        let mut builder = CodeListBuilder::default();
        builder.reserve(usize::MAX);
        assert!(builder.room() < 1 << 25);
        assert!(builder.insert(code(1)) && !builder.insert(code(1)));
    }

    #[test]
    fn every_rejection_counts_and_the_first_are_kept() {
        let mut builder = CodeListBuilder::default();
        builder.insert(code(1));
        for line in 1..=1_500 {
            let value = String::new();
            builder.reject(RejectedEntry {
                line,
                value,
                reason: RejectReason::NotAUuid,
                message: String::new(),
            });
        }
        let list = builder.finish();
        assert_eq!((list.rejected_count(), list.rejected().len()), (1_500, KEPT_REJECTED));
        assert_eq!(list.rejected()[999].line, 1_000);
        let list = list.valid();
        assert_eq!((list.rejected_count(), list.rejected().len(), list.len()), (0, 0, 1));
    }

    #[test]
    fn beyond_the_largest_list_codes_are_rejected() {
        let mut builder = CodeListBuilder { largest: 2, ..Default::default() };
        assert_eq!(
            [1, 2, 3, 1].map(|number| builder.insert(code(number))),
            [true, true, false, false]
        );
        let list = builder.finish();
        assert_eq!((list.len(), list.duplicates(), list.rejected_count()), (2, 1, 1));
    }

    #[test]
    fn the_seed_changes_nothing_but_the_table() {
        let mut builder = CodeListBuilder::new(1);
        for (round, seed) in [2, 3, u64::MAX].into_iter().enumerate() {
            (1..=9_000).for_each(|number| _ = builder.insert(code(number)));
            builder.set_seed(seed);
            assert_eq!(builder.find(code(8_000)), Some(7_999), "found under another seed");
            assert_eq!(builder.so_far().duplicates(), 9_000 * round as u64);
        }
        let list = builder.finish();
        assert!(list.iter().eq((1..=9_000).map(code)));
        assert_eq!(CodeList::from_bytes(&list.to_bytes(), 4).map(|list| list.len()), Some(9_000));
    }
}
