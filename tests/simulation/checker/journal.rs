//! Reads a journal by the documentation of its format.

use std::collections::BTreeSet;

pub(super) const SENDING: u8 = 3;

pub(super) const ANSWER: u8 = 4;

pub(super) const RESUMED: u8 = 8;

pub(super) const USAGE: u8 = 9;

/// The kind of the last record that says whether a batch is under way, read from the
/// bytes by the documentation of the format.
pub(super) fn last_word(journal: &[u8], batch: usize) -> Option<u8> {
    let mut last = None;
    for body in records(journal) {
        // A torn record may be anything.
        match *body {
            [kind @ (SENDING | ANSWER), a, b, c, d, ..] if number(&[a, b, c, d]) == batch => {
                last = Some(kind);
            }
            [RESUMED, ..] => last = Some(RESUMED),
            _ => {}
        }
    }
    last
}

/// The indices of all codes that are in use by the journal.
pub(super) fn indices_in_use(journal: &[u8]) -> BTreeSet<usize> {
    let usage = records(journal).filter(|body| body.first() == Some(&USAGE));
    usage.flat_map(|body| body[1..].chunks(4).map(number)).collect()
}

/// The bodies of the records, by the documentation of the format.
pub(super) fn records(journal: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut at = 4;
    std::iter::from_fn(move || {
        let length = number(journal.get(at..at + 4)?);
        let body = journal.get(at + 8..at + 8 + length)?;
        at += 8 + length + 8;
        Some(body)
    })
}

pub(super) fn number(bytes: &[u8]) -> usize {
    u32::from_le_bytes(bytes.try_into().unwrap()) as usize
}
