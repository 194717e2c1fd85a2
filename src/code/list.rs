//! A list of codes: distinct, in the order first seen, 16 bytes each.
//!
//! Codes live in blocks that stay where they are as the list grows. While it
//! is built, a table of 32-bit positions tells which codes are there already;
//! it is gone when the list is finished. A million codes take 16 MB, and 8 MB
//! more on the way. Codes that are known to be distinct go in without it, and it
//! is filled when something is first looked for.
//!
//! The table's hash is keyed by a seed from outside. Without one, whoever chooses
//! the codes could choose those that all meet in one slot, and a list of them
//! would take time with the square of its length.
//!
//! Not a `HashSet<Code>` beside a `Vec<Code>`: it would hold every code twice.

use std::fmt;
use std::hint::black_box;
use std::iter::FusedIterator;
use std::ops::Range;

use twox_hash::XxHash64;

use crate::code::Code;
use crate::code::rejected::RejectedEntry;

/// So many rejected entries are kept; the rest are only counted.
pub const KEPT_REJECTED: usize = 1_000;

/// Codes in one block: 64 KiB.
const BLOCK: usize = 4_096;

/// Codes that go into a list together.
const AT_ONCE: usize = 32;

/// What the positions in the table can tell apart.
const LARGEST: usize = 3 << 30;

/// Distinct codes in the order first seen, and what was left out of them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CodeList {
    blocks: Blocks,
    duplicates: u64,
    rejections: Rejections,
}

impl CodeList {
    /// How many codes there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.blocks.length
    }

    /// Whether there is no code.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.blocks.length == 0
    }

    /// The code at that place, from 0.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<Code> {
        self.blocks.get(place)
    }

    /// The codes, in the order first seen. Skipping ahead costs nothing.
    #[must_use]
    pub const fn iter(&self) -> Iter<'_> {
        Iter { blocks: &self.blocks, places: 0..self.blocks.length }
    }

    /// How many entries were left out because they had been there before.
    #[must_use]
    pub const fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// How many entries were no code.
    #[must_use]
    pub const fn rejected_count(&self) -> u64 {
        self.rejections.count
    }

    /// The entries that were no code: the first [`KEPT_REJECTED`] of them.
    #[must_use]
    pub fn rejected(&self) -> &[RejectedEntry] {
        &self.rejections.kept
    }

    /// The same codes without what was rejected, for a caller who has seen it.
    #[must_use]
    pub fn valid(self) -> Self {
        Self { rejections: Rejections::default(), ..self }
    }

    /// The codes back to back, 16 bytes each.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len().saturating_mul(16));
        self.pieces().for_each(|piece| bytes.extend_from_slice(piece));
        bytes
    }

    /// The same in pieces of up to 64 KiB, as they are held.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.blocks.list.iter().map(|block| block.as_flattened())
    }

    /// The codes of some places, in slices as they are held.
    pub(crate) fn slices(&self, places: Range<usize>) -> impl Iterator<Item = &[[u8; 16]]> {
        self.blocks.slices(places)
    }

    /// Reads what [`Self::to_bytes`] wrote. A code that comes again is counted
    /// as a duplicate. None if this is not a row of codes: the length is no
    /// multiple of 16, or one of them is 16 zeros. `seed` is that of
    /// [`CodeListBuilder::new`].
    #[must_use]
    pub fn from_bytes(bytes: &[u8], seed: u64) -> Option<Self> {
        let (codes, []) = bytes.as_chunks() else {
            return None;
        };
        let mut builder = CodeListBuilder::new(seed);
        builder.insert_bytes(codes)?;
        Some(builder.finish())
    }
}

impl<'a> IntoIterator for &'a CodeList {
    type Item = Code;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

// A million codes in a log help nobody.
impl fmt::Debug for CodeList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "CodeList({} codes, {} duplicates, {} rejected)",
            self.len(),
            self.duplicates,
            self.rejections.count
        )
    }
}

/// The codes of a [`CodeList`].
#[derive(Clone)]
pub struct Iter<'a> {
    blocks: &'a Blocks,
    places: Range<usize>,
}

impl Iterator for Iter<'_> {
    type Item = Code;

    fn next(&mut self) -> Option<Code> {
        self.blocks.get(self.places.next()?)
    }

    fn nth(&mut self, skipped: usize) -> Option<Code> {
        self.blocks.get(self.places.nth(skipped)?)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.places.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}
impl FusedIterator for Iter<'_> {}

/// Builds a [`CodeList`]. The default one has the seed 0, for codes that no
/// stranger has chosen.
pub struct CodeListBuilder {
    list: CodeList,
    table: Table,
    key: HashKey,
    largest: usize,
}

impl CodeListBuilder {
    const MOST_RESERVED: usize = 1 << 24;

    /// An empty list. `seed` is a random number: whoever knows it can choose codes
    /// that take long to read. What comes out does not depend on it.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            list: CodeList::default(),
            table: Table::default(),
            key: HashKey::new(seed),
            largest: LARGEST,
        }
    }

    /// Sets the seed, if [`Self::new`] could not be given it.
    pub fn set_seed(&mut self, seed: u64) {
        self.key = HashKey::new(seed);
        // Made anew when something is next looked for.
        self.table = Table::default();
    }

    /// Takes a code. False if it is no new one: it counts as a duplicate.
    ///
    /// A list ends at 3 · 2^30 codes (48 GiB). What comes on top is counted as
    /// rejected, without a line: nothing is dropped in silence, and a list with
    /// rejected entries is not sent.
    pub fn insert(&mut self, code: Code) -> bool {
        self.index();
        self.insert_hashed(code, self.key.hash(code))
    }

    /// Takes codes of a list, none of which is here yet: nobody looks whether they
    /// are. Sixteen zeros are no code, and are left out.
    pub(crate) fn extend_distinct(&mut self, codes: &[[u8; 16]]) {
        let CodeList { blocks, rejections, .. } = &mut self.list;
        for codes in codes.split(|code| *code == [0; 16]) {
            let room = self.largest.saturating_sub(blocks.length).min(codes.len());
            let (taken, beyond) = codes.split_at_checked(room).unwrap_or((codes, &[]));
            blocks.extend(taken);
            rejections.count += beyond.len() as u64;
        }
    }

    /// Takes codes as [`CodeList::to_bytes`] gives them. None if one is 16 zeros:
    /// that one is left out.
    pub(crate) fn insert_bytes(&mut self, codes: &[[u8; 16]]) -> Option<()> {
        let mut batch = Batch::new();
        let mut all = Some(());
        for code in codes {
            match Code::from_bytes(*code) {
                Some(code) => batch.add(code, self),
                None => all = None,
            }
        }
        batch.flush(self);
        all
    }

    /// Takes some codes, at most [`AT_ONCE`] at a time.
    ///
    /// The table of a long list is larger than what is near a processor, so each
    /// code waits for its slot. Asked for before any of them is needed, all the
    /// slots come in the time of one.
    #[cfg_attr(hot_paths, optimize(speed), inline(never))]
    fn insert_all(&mut self, codes: &[Code]) {
        self.index();
        let mut hashes = [0; AT_ONCE];
        let mut coming = 0;
        for (hashed, code) in hashes.iter_mut().zip(codes) {
            *hashed = self.key.hash(*code);
            coming ^= self.table.home(*hashed);
        }
        black_box(coming);
        for (hash, code) in hashes.iter().zip(codes) {
            self.insert_hashed(*code, *hash);
        }
    }

    #[allow(clippy::inline_always)] // A call costs as much as what it does.
    #[inline(always)]
    fn insert_hashed(&mut self, code: Code, hash: u32) -> bool {
        let CodeList { blocks, duplicates, rejections } = &mut self.list;
        self.table.make_room(blocks, &self.key);
        match self.table.look(hash, code, blocks) {
            Found::At(_) => {
                *duplicates += 1;
                false
            }
            _ if blocks.length >= self.largest => {
                rejections.count += 1;
                false
            }
            Found::Free(slot) => {
                self.table.put(slot, hash, blocks.length);
                blocks.push(code);
                true
            }
        }
    }

    /// Makes room for so many codes at once: a table that grows leaves holes
    /// behind, and places every code anew. Of more than 16 million only for so
    /// many, since who says how many there will be may be wrong.
    pub fn reserve(&mut self, codes: usize) {
        let Self { table, list, key, .. } = self;
        let codes = codes.min(Self::MOST_RESERVED);
        if !table.holds(codes) {
            table.grow(Table::slots_for(codes), &list.blocks, key);
            extend_memory(codes.saturating_sub(list.len()));
        }
    }

    /// Makes room for so many codes that are known to be distinct. The table has
    /// its room too: between blocks, none of that size might be left later.
    pub(crate) fn reserve_distinct(&mut self, codes: usize) {
        let codes = codes.min(Self::MOST_RESERVED);
        if self.list.is_empty() && !self.table.holds(codes) {
            self.table.slots = vec![0; Table::slots_for(codes)];
            extend_memory(codes);
        }
    }

    /// Has every code in the table.
    #[inline]
    fn index(&mut self) {
        if self.table.used != self.list.len() {
            self.index_rest();
        }
    }

    #[cold]
    #[inline(never)]
    fn index_rest(&mut self) {
        let Self { table, list, key, .. } = self;
        if table.holds(list.len()) {
            table.fill(&list.blocks, key);
        } else {
            table.grow(Table::slots_for(list.len()), &list.blocks, key);
        }
    }

    /// The place of a code, from 0.
    #[must_use]
    pub fn find(&mut self, code: Code) -> Option<usize> {
        self.index();
        match self.table.look(self.key.hash(code), code, &self.list.blocks) {
            Found::At(place) => Some(place),
            Found::Free(_) => None,
        }
    }

    /// Takes note of an entry that is no code.
    pub fn reject(&mut self, rejected: RejectedEntry) {
        self.list.rejections.add(rejected);
    }

    /// Counts entries that are no codes beyond those that are kept.
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

// Shows no code.
impl fmt::Debug for CodeListBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.list.fmt(formatter)
    }
}

/// Codes on their way into a list, some at a time.
pub(crate) struct Batch {
    codes: [Code; AT_ONCE],
    held: usize,
}

impl Batch {
    pub(crate) const fn new() -> Self {
        Self { codes: [Code::NONE; AT_ONCE], held: 0 }
    }

    #[inline]
    pub(crate) fn add(&mut self, code: Code, list: &mut CodeListBuilder) {
        if let Some(place) = self.codes.get_mut(self.held) {
            *place = code;
            self.held += 1;
        }
        if self.held == self.codes.len() {
            self.flush(list);
        }
    }

    pub(crate) fn flush(&mut self, list: &mut CodeListBuilder) {
        list.insert_all(self.codes.get(..self.held).unwrap_or_default());
        self.held = 0;
    }
}

/// Entries that were no codes: all counted, the first ones kept.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Rejections {
    pub(crate) count: u64,
    pub(crate) kept: Vec<RejectedEntry>,
}

impl Rejections {
    pub(crate) fn add(&mut self, rejected: RejectedEntry) {
        self.count += 1;
        if self.kept.len() < KEPT_REJECTED {
            self.kept.push(rejected);
        }
    }
}

/// Codes in blocks of [`BLOCK`]. Only the first grows by being copied, so that
/// a short list is small; the others have their full size from the start.
#[derive(Clone, Default, PartialEq, Eq)]
struct Blocks {
    list: Vec<Vec<[u8; 16]>>,
    length: usize,
}

impl Blocks {
    fn get(&self, place: usize) -> Option<Code> {
        self.list.get(place / BLOCK)?.get(place % BLOCK).copied().map(Code::from_id)
    }

    #[allow(clippy::inline_always)] // A call costs as much as what it does.
    #[inline(always)]
    fn push(&mut self, code: Code) {
        self.length += 1;
        match self.list.last_mut() {
            Some(block) if block.len() < BLOCK => block.push(*code.as_bytes()),
            _ => self.begin(code),
        }
    }

    fn extend(&mut self, mut codes: &[[u8; 16]]) {
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

    /// The codes of some places, as they lie together.
    fn slices(&self, places: Range<usize>) -> impl Iterator<Item = &[[u8; 16]]> {
        let first = places.start / BLOCK;
        self.list.iter().enumerate().skip(first).map_while(move |(at, block)| {
            let begin = at * BLOCK;
            let from = places.start.saturating_sub(begin);
            let to = places.end.checked_sub(begin)?.min(block.len());
            block.get(from..to).filter(|codes| !codes.is_empty())
        })
    }

    #[cold]
    #[inline(never)]
    fn begin(&mut self, code: Code) {
        // A few times for each doubling.
        let step = self.list.len().next_power_of_two() / 4;
        if step > 1 && self.list.len().is_multiple_of(step) {
            extend_memory(step * BLOCK);
        }
        let mut block = Vec::with_capacity(if self.list.is_empty() { 4 } else { BLOCK });
        block.push(*code.as_bytes());
        self.list.push(block);
    }
}

/// Has memory for so many codes ready. The memory of a wasm instance is extended
/// by what an allocation needs, and each time costs the host a collection of
/// garbage: one large piece, given back at once, is extended in one go.
fn extend_memory(codes: usize) {
    let mut piece = Vec::<[u8; 16]>::new();
    // If there is no such piece, a smaller one may still be found.
    let _ = piece.try_reserve_exact(codes);
    black_box(piece);
}

/// An open-addressing table of positions in [`Blocks`], never more than three
/// quarters full.
///
/// A table of 2^k slots knows positions below 2^k, so each slot has 32 - k bits
/// to spare. They hold a part of the hash: it tells nearly every other code
/// apart without a look at the code itself, which is a cache miss.
#[derive(Default)]
struct Table {
    /// 0 is empty; else the tag, above the position + 1.
    slots: Vec<u32>,
    used: usize,
}

impl Table {
    const FEWEST: usize = 8;

    /// How many slots so many codes need.
    fn slots_for(codes: usize) -> usize {
        codes.saturating_mul(4).div_ceil(3).next_power_of_two().max(Self::FEWEST)
    }

    fn mask(&self) -> usize {
        self.slots.len().wrapping_sub(1)
    }

    /// The slot that a hash chooses, and the tag that goes beside a position: the
    /// bits of the hash that have not chosen the slot.
    #[allow(clippy::inline_always)] // A call costs as much as what it does.
    #[inline(always)]
    fn split(&self, hash: u32) -> (usize, u32) {
        let mask = self.mask();
        #[allow(clippy::cast_possible_truncation)]
        let places = mask as u32;
        (hash as usize & mask, hash & !places)
    }

    /// What is in the slot that a hash chooses.
    fn home(&self, hash: u32) -> u32 {
        let (at, _) = self.split(hash);
        self.slots.get(at).copied().unwrap_or_default()
    }

    /// Looks for a code, from the slot on that its hash chooses.
    #[cfg_attr(hot_paths, optimize(speed), inline(never))]
    fn look(&self, hash: u32, code: Code, blocks: &Blocks) -> Found {
        let mask = self.mask();
        #[allow(clippy::cast_possible_truncation)]
        let places = mask as u32;
        let (mut at, tag) = self.split(hash);
        // Some slots are always free, so this ends; an empty table has none to look at.
        while let Some(&slot) = self.slots.get(at)
            && slot != 0
        {
            let place = (slot & places).wrapping_sub(1) as usize;
            if slot & !places == tag && blocks.get(place) == Some(code) {
                return Found::At(place);
            }
            at = (at + 1) & mask;
        }
        Found::Free(at)
    }

    /// Puts a position into a free slot.
    fn put(&mut self, slot: usize, hash: u32, place: usize) {
        let (_, tag) = self.split(hash);
        #[allow(clippy::cast_possible_truncation)]
        let value = tag | (place + 1) as u32;
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = value;
            self.used += 1;
        }
    }

    /// Makes sure that one more fits.
    fn make_room(&mut self, blocks: &Blocks, key: &HashKey) {
        if !self.holds(self.used + 1) {
            self.grow(self.slots.len().saturating_mul(2).max(Self::FEWEST), blocks, key);
        }
    }

    /// Whether so many have room.
    fn holds(&self, codes: usize) -> bool {
        codes <= self.slots.len() / 4 * 3
    }

    fn grow(&mut self, slots: usize, blocks: &Blocks, key: &HashKey) {
        // The old one goes first: each code says its place anew.
        *self = Self::default();
        self.slots = vec![0; slots];
        self.fill(blocks, key);
    }

    /// Takes in the codes that came last.
    #[cfg_attr(hot_paths, optimize(speed), inline(never))]
    fn fill(&mut self, blocks: &Blocks, key: &HashKey) {
        let mask = self.mask();
        let mut place = self.used;
        for codes in blocks.slices(place..blocks.length) {
            for code in codes {
                let hash = key.hash(Code::from_id(*code));
                // They are distinct: any free slot from there on will do.
                let (mut at, _) = self.split(hash);
                while self.slots.get(at).is_some_and(|slot| *slot != 0) {
                    at = (at + 1) & mask;
                }
                self.put(at, hash, place);
                place += 1;
            }
        }
    }
}

/// What a table says of a code.
enum Found {
    /// It is at that place of the list.
    At(usize),
    /// It is not there, and would go into that slot.
    Free(usize),
}

/// The key of a table's hash: the NH of UMAC (RFC 4418), and a multiplication that
/// spreads its sum over the slots.
///
/// To whoever does not know the key, two codes have the same sum with a probability
/// of 2^-32, whichever codes they are. `SipHash` would promise more, and take a
/// quarter of the time of a whole row of a file.
#[derive(Clone, Copy)]
struct HashKey {
    summands: [u64; 2],
    factor: u64,
}

impl HashKey {
    fn new(seed: u64) -> Self {
        let [first, second, factor] =
            [[1], [2], [3]].map(|number| XxHash64::oneshot(seed, &number));
        Self { summands: [first, second], factor: factor | 1 }
    }

    #[allow(clippy::inline_always)] // A call costs as much as what it does.
    #[inline(always)]
    fn hash(&self, code: Code) -> u32 {
        let id = u128::from_le_bytes(*code.as_bytes());
        #[allow(clippy::cast_possible_truncation)]
        let (first, second) = (id as u64, (id >> 64) as u64);
        let [one, other] = self.summands;
        let sum = product(first, one).wrapping_add(product(second, other));
        // Without the shift, codes in regular steps would fill slots in regular steps.
        ((sum ^ sum >> 32).wrapping_mul(self.factor) >> 32) as u32
    }
}

/// Adds the halves of two numbers, and multiplies the two sums.
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
    fn bytes_there_and_back() {
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
    }

    /// Codes come in groups; the last one is mostly not full.
    #[test]
    fn none_is_lost_however_many_come_together() {
        for count in [0, 1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 5 * AT_ONCE, 5 * AT_ONCE + 7] {
            let codes: Vec<_> = (1..=count as u128).map(code).collect();
            let bytes: Vec<_> = codes.iter().map(|code| *code.as_bytes()).collect();
            let mut builder = CodeListBuilder::default();
            assert_eq!(builder.insert_bytes(&bytes), Some(()));
            assert!(builder.so_far().iter().eq(codes.iter().copied()), "{count}");
            assert_eq!(builder.insert_bytes(&bytes), Some(()));
            let zeros = [&bytes[..], &[[0; 16]], &bytes].concat();
            assert_eq!(builder.insert_bytes(&zeros), None, "and the others are taken");
            let list = builder.finish();
            assert!(list.iter().eq(codes), "{count}");
            assert_eq!(list.duplicates(), 3 * count as u64);
        }
    }

    #[test]
    fn what_is_known_to_be_distinct_is_found_all_the_same() {
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
    fn slices_are_the_codes_of_their_places() {
        let mut builder = CodeListBuilder::default();
        (1..=9_000).for_each(|number| _ = builder.insert(code(number)));
        let list = builder.finish();
        for places in [0..0, 0..1, 0..9_000, 4_095..4_097, 4_096..8_192, 5..5, 8_999..9_000] {
            let found: Vec<_> = list.slices(places.clone()).flatten().copied().collect();
            let expected: Vec<_> = places.clone().filter_map(|place| list.get(place)).collect();
            assert_eq!(found, expected.iter().map(|code| *code.as_bytes()).collect::<Vec<_>>());
        }
        assert_eq!(list.slices(9_000..9_500).count() + list.slices(100_000..100_001).count(), 0);
        assert_eq!(list.slices(8_990..20_000).flatten().count(), 10);
    }

    #[test]
    fn each_code_is_found_at_its_place() {
        let mut builder = CodeListBuilder::default();
        assert_eq!(builder.find(code(1)), None);
        (1..=9_000).for_each(|number| _ = builder.insert(code(number)));
        for place in 0..9_000 {
            assert_eq!(builder.find(code(place as u128 + 1)), Some(place));
        }
        assert_eq!(builder.find(code(9_001)), None);
        assert_eq!(format!("{builder:?}"), "CodeList(9000 codes, 0 duplicates, 0 rejected)");
    }

    impl CodeListBuilder {
        /// How many codes there can be before the table grows.
        pub(crate) fn room(&self) -> usize {
            self.table.slots.len() / 4 * 3
        }
    }

    #[test]
    fn room_is_made_once() {
        // At three quarters, and beyond.
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
        // Who says so may be wrong.
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

    /// The longest run of full slots in a table of 4,096 that is full to 73 %. Runs
    /// of random positions stay far below [`CROWDED`].
    fn longest_run(seed: u64, codes: impl Fn(u128) -> Code) -> usize {
        let mut builder = CodeListBuilder::new(seed);
        (1..=3_000).for_each(|number| assert!(builder.insert(codes(number)), "{number}"));
        let Table { slots, .. } = &builder.table;
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
