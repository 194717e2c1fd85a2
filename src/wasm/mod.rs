//! The binding to JavaScript: it does what the core decides.
//!
//! Nothing here knows a status, an error code of Uber's or a rule. It drives
//! the calls ([`call`]), takes options, returns results and errors, and
//! reads lists. Foreign objects (a response of another realm, a clock, a
//! signal, a cache) are handled on the JavaScript side, behind
//! [`host::Host`]: there a promise race costs a line, here a kilobyte.

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
mod lists;
#[cfg(feature = "client")]
mod reader;
#[cfg(feature = "jobs")]
mod recipients;
#[cfg(feature = "sandbox")]
mod sandbox;
mod value;
#[cfg(feature = "jobs")]
mod webhook;

// Half the size of the standard library's.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
