//! A list of codes: distinct, in the order first seen, 16 bytes each.
//!
//! Codes are stored in blocks that don't move when the list grows. During building, a
//! table of 32-bit indices detects duplicates; it is dropped when the list is finished. A
//! million codes take 16 MB, and another 8 MB during building. Codes that are known to be
//! distinct are added without the table, which is then filled at the first search.
//!
//! The table's hash is keyed by a seed from outside. Without it, an attacker could choose
//! codes that all collide, and reading the list would take quadratic time.
//!
//! Not a `HashSet<Code>` with a `Vec<Code>`, which would hold every code twice.

use std::fmt;
use std::iter::FusedIterator;
use std::ops::Range;

use crate::code::Code;
pub use crate::code::builder::CodeListBuilder;
use crate::code::index::Blocks;
use crate::code::rejected::RejectedEntry;

/// How many rejected entries are kept; the rest are only counted.
pub const KEPT_REJECTED: usize = 1_000;

/// Distinct codes in the order first seen, and the entries that were left out.
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

    /// Whether there are no codes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.blocks.length == 0
    }

    /// The code at this index, from 0.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Code> {
        self.blocks.get(index)
    }

    /// The codes, in the order first seen. Skipping ahead costs nothing.
    #[must_use]
    pub const fn iter(&self) -> Iter<'_> {
        Iter { blocks: &self.blocks, indices: 0..self.blocks.length }
    }

    /// How many entries were left out as duplicates.
    #[must_use]
    pub const fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// How many entries were rejected.
    #[must_use]
    pub const fn rejected_count(&self) -> u64 {
        self.rejections.count
    }

    /// The rejected entries: the first [`KEPT_REJECTED`].
    #[must_use]
    pub fn rejected(&self) -> &[RejectedEntry] {
        &self.rejections.kept
    }

    /// The same codes without the rejected entries, for a caller who has checked these.
    #[must_use]
    pub fn valid(self) -> Self {
        Self { rejections: Rejections::default(), ..self }
    }

    /// All codes, 16 bytes each.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len().saturating_mul(16));
        self.pieces().for_each(|piece| bytes.extend_from_slice(piece));
        bytes
    }

    /// All codes in the blocks of up to 64 KiB in which they are stored, 16 bytes each.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.blocks.list.iter().map(|block| block.as_flattened())
    }

    /// The codes at these indices, in the slices in which they are stored.
    pub(crate) fn slices(&self, indices: Range<usize>) -> impl Iterator<Item = &[[u8; 16]]> {
        self.blocks.slices(indices)
    }

    /// Reads the bytes that [`Self::to_bytes`] wrote. A repeated code is counted as a
    /// duplicate. None if these are not codes: the length is not a multiple of 16, or one
    /// of them is 16 zeros. `seed` is the one of [`CodeListBuilder::new`].
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

/// For codes that no attacker has chosen: the seed is 0.
impl FromIterator<Code> for CodeList {
    fn from_iter<I: IntoIterator<Item = Code>>(codes: I) -> Self {
        let mut builder = CodeListBuilder::default();
        builder.extend(codes);
        builder.finish()
    }
}

// Without the codes, of which there may be a million.
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

/// Rejected entries: all are counted, and the first ones kept.
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
