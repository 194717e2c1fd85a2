//! The binding to JavaScript: it carries out what the core decides.
//!
//! It has no rules about statuses or Uber's error codes. It drives the calls ([`call`]),
//! reads options, returns results and errors, and reads lists. Foreign objects (a
//! response of another realm, a clock, a signal, a cache) are handled in JavaScript,
//! behind [`host::Host`]: a promise race costs a line there, and a kilobyte here.

#[cfg(feature = "client")]
mod call;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
mod error;
#[cfg(feature = "client")]
mod host;
#[cfg(feature = "jobs")]
mod job;
#[cfg(feature = "client")]
mod reader;
#[cfg(feature = "jobs")]
mod recipients;
#[cfg(feature = "sandbox")]
mod sandbox;
mod value;
#[cfg(feature = "jobs")]
mod webhook;

// Half the size of the standard library's allocator.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
