//! The sandbox from outside: each endpoint, each limit, each fault, and that
//! nothing but the seed decides.
#![cfg(feature = "sandbox")]
// Clippy takes only what is marked `#[test]` for a test, not what helps one.
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
