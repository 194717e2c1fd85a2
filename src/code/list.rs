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
use std::iter::FusedIterator;
use std::ops::Range;

use crate::code::Code;
pub use crate::code::builder::CodeListBuilder;
use crate::code::index::Blocks;
use crate::code::rejected::RejectedEntry;

/// How many rejected entries are kept; the rest are only counted.
pub const KEPT_REJECTED: usize = 1_000;

/// Distinct codes in the order first seen, and what was left out of them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CodeList {
    pub(super) blocks: Blocks,
    pub(super) duplicates: u64,
    pub(super) rejections: Rejections,
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

    /// The code at that index, from 0.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Code> {
        self.blocks.get(index)
    }

    /// The codes, in the order first seen. Skipping ahead costs nothing.
    #[must_use]
    pub const fn iter(&self) -> Iter<'_> {
        Iter { blocks: &self.blocks, indices: 0..self.blocks.length }
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

    /// The same codes without the rejected entries, for a caller who has seen those.
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

    /// The codes of some indices, in slices as they are held.
    pub(crate) fn slices(&self, indices: Range<usize>) -> impl Iterator<Item = &[[u8; 16]]> {
        self.blocks.slices(indices)
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

/// For codes that no stranger has chosen: the seed is 0.
impl FromIterator<Code> for CodeList {
    fn from_iter<I: IntoIterator<Item = Code>>(codes: I) -> Self {
        let mut builder = CodeListBuilder::default();
        builder.extend(codes);
        builder.finish()
    }
}

// Without the codes: there may be a million.
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
    indices: Range<usize>,
}

impl Iterator for Iter<'_> {
    type Item = Code;

    fn next(&mut self) -> Option<Code> {
        self.blocks.get(self.indices.next()?)
    }

    fn nth(&mut self, skipped: usize) -> Option<Code> {
        self.blocks.get(self.indices.nth(skipped)?)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.indices.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}
impl FusedIterator for Iter<'_> {}

/// Rejected entries: all are counted, the first ones kept.
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
