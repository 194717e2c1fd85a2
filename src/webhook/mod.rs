//! Webhooks: whether Uber signed one, and what it says.
//!
//! [`signature::verify`] comes first, over the raw bytes. Only then is the body
//! parsed, by whatever parser the host has, and read by [`event::read`].

pub mod event;
mod outcomes;
pub mod signature;
