//! Distribute Uber for Business voucher codes in bulk, and know for every call whether it
//! queued anything.
//!
//! This is the core of the npm package of the same name: it decides what is a valid code,
//! what a request looks like, what a response means and whether the request may be
//! retried. It does no input or output, reads no clock and draws no random numbers: these
//! are arguments.
//!
//! ```
//! use uber_vouchers::{Api, BaseUrl, CodeReader, Error, OrganizationId, ProgramId};
//! use uber_vouchers::{ResponseHead, Verdict, uber::distribute};
//!
//! # fn main() -> Result<(), Error> {
//! let mut reader = CodeReader::new(None);
//! reader.push(b"code_id,guest\n1f913a96-f52c-42a0-aa0b-a2ba53b2d631,Ada\n");
//! let list = reader.finish();
//! distribute::ensure_no_rejected(list.rejected_count(), list.len() as u64)?;
//!
//! let base_url = BaseUrl::new(BaseUrl::PRODUCTION, "base_url")?;
//! let api = Api::new(base_url, OrganizationId::new("my-organization")?, Api::DEFAULT_LANGUAGE)?;
//! let request = distribute::request(&api, &ProgramId::new("my-program")?, list.iter())?;
//! assert!(request.url.ends_with("/voucher-programs/my-program/codes/distribute"));
//!
//! // Send the request with an HTTP client, and pass on the response's status and headers.
//! let head = ResponseHead { status: 200, ..ResponseHead::default() };
//! assert_eq!(Verdict::of(&head), Verdict::Accepted);
//! # Ok(())
//! # }
//! ```
//!
//! Where to begin: [`csv`] reads lists of codes, [`uber::distribute`] creates the
//! request, [`uber::response`] describes a failed one and [`uber::retry`] decides when to
//! retry, both by the rules of [`uber::policy`]. [`job`] is for lists of any size, and
//! [`webhook`] for what Uber reports later. The repository has two programs that use this
//! crate: `examples/distribute.rs`, and an edge worker in `examples/rust-worker`.
//!
//! # Features
//!
//! None is enabled by default.
//!
//! - `sandbox`: a simulation of Uber's voucher API that reports how often each code was
//!   sent.
//! - `js`, `client` and `jobs`: used on wasm32 to build the npm package. They export
//!   functions to JavaScript and set the allocator; no Rust program needs them.

// docs.rs shows which feature each item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
// The wasm is optimized for size, except for the few functions that process every code of
// a long list. The build script enables this; the attribute is unstable.
#![cfg_attr(hot_paths, feature(optimize_attribute))]

pub mod code;
pub mod csv;
pub mod error;
pub mod http;
pub mod job;
pub mod json;
mod mask;
mod names;
#[cfg(any(
    all(test, feature = "sandbox", not(target_arch = "wasm32")),
    all(target_arch = "wasm32", feature = "js")
))]
mod protocol;
pub mod recipients;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod secret;
pub(crate) mod text;
mod text_index;
pub mod uber;
pub mod webhook;

pub use code::Code;
pub use code::list::CodeList;
pub use code::rejected::{RejectReason, RejectedEntry};
pub use csv::CodeReader;
pub use error::{Error, ErrorCode, Queued};
pub use http::{BaseUrl, Request, ResponseHead};
pub use job::{Job, Recovery};
pub use secret::{AccessToken, ClientSecret, SigningKey};
pub use uber::api::Api;
pub use uber::id::{OrganizationId, ProgramId};
pub use uber::policy::{Operation, Verdict};
pub use uber::retry::Retry;
pub use webhook::event::WebhookEvent;

#[cfg(all(target_arch = "wasm32", feature = "js"))]
// A binding is documented for its users in the declarations of src/js. It takes strings
// by value, because wasm-bindgen does not support `Option<&str>`.
#[allow(missing_docs, unreachable_pub, clippy::needless_pass_by_value)]
mod wasm;
