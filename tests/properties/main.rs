//! What holds whatever the input: things written are read back as they were,
//! and neither cuts, nor order, nor a restart makes a difference.
//!
//! What a job does among faults and crashes is in `tests/simulation`; inputs that
//! nobody would write are the business of `fuzz`.

// Proptest's source of chance does not compile to wasm32.
#![cfg(not(target_arch = "wasm32"))]
// The helpers of a test are not seen as tests by clippy.toml's exceptions.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod codes;
mod uber;
