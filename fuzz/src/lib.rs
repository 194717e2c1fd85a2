//! What the targets compare the crate with: the same rules, written plainly.

// Users of a fuzz target read its code, and a position without a name is a separate case.
#![allow(clippy::missing_errors_doc, clippy::missing_panics_doc, clippy::must_use_candidate)]
#![allow(clippy::option_option)]

pub mod event;
pub mod journal;
pub mod list;
mod list_head;
pub mod world;

/// The chunks of an input: `pattern` gives their lengths, repeatedly.
pub fn chunks<'a>(mut input: &'a [u8], pattern: &[u8]) -> Vec<&'a [u8]> {
    let mut chunks = Vec::new();
    for length in pattern.iter().cycle() {
        if input.is_empty() || pattern.iter().all(|length| *length == 0) {
            break;
        }
        let (chunk, rest) = input.split_at(usize::from(*length).min(input.len()));
        chunks.push(chunk);
        input = rest;
    }
    chunks.push(input);
    chunks
}
