//! The objects that reach JavaScript, by subject: each file has one of the same name in
//! `src/js/generated/`.

#[cfg(any(not(target_arch = "wasm32"), feature = "client"))]
pub(crate) mod calls;
#[cfg(any(not(target_arch = "wasm32"), feature = "client"))]
pub(crate) mod errors;
#[cfg(any(not(target_arch = "wasm32"), feature = "jobs"))]
pub(crate) mod jobs;
#[cfg(any(not(target_arch = "wasm32"), feature = "client"))]
pub(crate) mod lists;
#[cfg(any(not(target_arch = "wasm32"), feature = "jobs"))]
pub(crate) mod recipients;
#[cfg(feature = "sandbox")]
pub(crate) mod sandbox;
#[cfg(any(not(target_arch = "wasm32"), feature = "jobs"))]
pub(crate) mod webhooks;
