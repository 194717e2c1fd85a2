//! Reading codes: the vectors that the JavaScript tests also run, and random inputs in
//! random chunks.

// clippy.toml's exceptions don't cover the helper functions of a test.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod cells;
mod messages;
mod reading;
mod tables;
mod vectors;
