//! Properties that hold for any input: values round-trip, and neither chunks, nor order,
//! nor a restart make a difference.
//!
//! `tests/simulation` covers jobs with faults and crashes; `fuzz` covers inputs that
//! nobody would write.

// Proptest's randomness does not compile to wasm32.
#![cfg(not(target_arch = "wasm32"))]
// clippy.toml's exceptions don't cover the helper functions of a test.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod codes;
mod uber;
