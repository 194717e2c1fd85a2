//! Distribute Uber for Business voucher codes in bulk, and know of every call
//! whether it queued anything.
//!
//! This is the core of the npm package of the same name: it decides what is a
//! valid code, what a request looks like, what an answer means and whether it
//! may be tried again. It does no input or output, reads no clock and draws no
//! random number: values go in, values come out.

pub mod answer;
pub mod api;
pub mod code;
pub mod codes;
pub mod csv;
pub mod distribute;
pub mod error;
pub mod http;
pub mod id;
pub mod job;
pub mod json;
pub mod list;
pub mod programs;
pub mod retry;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod secret;
pub(crate) mod text;
pub mod token;
pub mod webhook;

#[cfg(target_arch = "wasm32")]
// A binding is documented where its users are: in the declarations of src/js.
// It takes strings by value: wasm-bindgen knows no `Option<&str>`.
#[allow(missing_docs, unreachable_pub, clippy::needless_pass_by_value)]
mod wasm;
