//! Distribute Uber for Business voucher codes in bulk, and know what became of
//! every one of them.
//!
//! This is the core of the npm package of the same name: it decides what is a
//! valid code, what a request looks like, what an answer means and whether it
//! may be tried again. It does no input or output, reads no clock and draws no
//! random number: values go in, values come out.

pub mod code;
pub mod error;
pub mod http;
pub mod id;
pub mod json;
pub mod secret;
