//! The sandbox from outside: each endpoint, each limit, each fault, and that only the
//! seed decides.
#![cfg(feature = "sandbox")]
// Clippy's exceptions cover `#[test]` functions only, not their helpers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod bench;
mod distribute;
mod events;
mod faults;
mod programs;
mod runs;
mod tokens;
mod uses;
mod webhooks;
