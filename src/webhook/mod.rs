//! Webhooks: verifies the signature, then reads the event.
//!
//! [`signature::verify`] comes first, over the raw bytes. Only then is the body parsed
//! and read by [`event::read`].

pub mod event;
mod outcomes;
pub mod signature;
