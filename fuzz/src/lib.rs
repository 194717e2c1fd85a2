//! What the targets compare the crate with: the same rules, written plainly.

// Whoever fuzzes reads the code; and a place without a name is an option of its own.
#![allow(clippy::missing_errors_doc, clippy::missing_panics_doc, clippy::must_use_candidate)]
#![allow(clippy::option_option)]

pub mod event;
pub mod journal;
pub mod list;
mod list_head;
pub mod world;

/// The chunks of an input: `pattern` gives their lengths, again and again.
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
