//! Reading codes: the vectors that the JavaScript tests run as well, and
//! inputs drawn at random, cut in every way.

// The helpers of a test are not seen as tests by clippy.toml's exceptions.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod cells;
mod messages;
mod reading;
mod tables;
mod vectors;
