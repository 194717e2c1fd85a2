//! Uber's API: its endpoints, ids and tokens, what a response proves, and what may be
//! sent again.

pub mod api;
pub mod codes;
pub mod distribute;
pub mod guests;
pub mod id;
pub(crate) mod object;
pub mod policy;
pub mod programs;
pub mod response;
pub mod retry;
pub mod token;
mod token_set;
mod verdict;
